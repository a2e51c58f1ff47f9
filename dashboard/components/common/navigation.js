// Goes to an address of this app within the session, as the browser's Back and Forward do.
// Streamlit then ends the ticks of the page that is left before it asks for the next one.

export default function ({ data }) {
  const address = new URL(data.to, location.href).href;
  if (address === location.href) return;
  history.pushState(null, "", address);
  dispatchEvent(new PopStateEvent("popstate"));
}
