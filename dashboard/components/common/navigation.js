// Navigates to an address of this app within the session, as the browser's Back and Forward do.
// Streamlit then stops the old page's fragments before it requests the next page.

export default function ({ data }) {
  const address = new URL(data.to, location.href).href;
  if (address === location.href) return;
  history.pushState(null, "", address);
  dispatchEvent(new PopStateEvent("popstate"));
}
