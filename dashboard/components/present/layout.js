// Marks the stage with its layout. A style sheet that tests for a marker inside the stage with
// :has() would make the browser style everything anew at each update.

export default function ({ data, parentElement }) {
  const { dataset } = parentElement.closest(".st-key-stage");
  dataset.layout = data.layout;
  dataset.cost = data.cost;
}
