// The time axis of the chart, apart from its figure: while nothing else changes, only this is sent.

import { moveAxis } from "./live_plot.js";

export default function ({ data }) {
  moveAxis(data);
}
