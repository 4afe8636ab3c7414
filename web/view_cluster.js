// Cluster: the other nodes as this one sees them, and a comparison of all records with one of them.
import {get} from "./api.js";
import {command, commandLine} from "./command.js";
import {add, brief, field, fill, h, link} from "./dom.js";
import {count, plural, time} from "./format.js";
import {statusText} from "./events.js";
import {nodesTable} from "./nodes.js";
import {Table} from "./table.js";

export const title = "Cluster";
const kKinds = {missing_here: "missing here", missing_there: "missing there", different: "different"};

function side(s) {
  if (!s) return h("span.dim", {}, "not there");
  const v = s.version_number;
  return h("span", {}, s.state + (s.state === "visible" ? ", " + statusText(s.status) : ""), " ",
    v ? h("small.dim", {}, "of ", time(v.set?.t ?? v.t), ` by node ${v.set?.node ?? v.node}`) : null);
}

function differencesTable() {
  return new Table({
    label: "Differences",
    empty: "No difference.",
    key: (d) => [d.env, d.appid, d.zone, d.hostname].join("\n"),
    columns: [
      {id: "hostname", label: "Instance", main: true, sort: (d) => d.hostname,
        cell: (d) => link("instance", {env: d.env, appid: d.appid, zone: d.zone, hostname: d.hostname}, brief(d.hostname))},
      {id: "appid", label: "Application", sort: (d) => d.appid, cell: (d) => link("service", {env: d.env, appid: d.appid}, brief(d.appid))},
      {id: "env", label: "Env", sort: (d) => d.env, cell: (d) => brief(d.env)},
      {id: "zone", label: "Zone", sort: (d) => d.zone, cell: (d) => brief(d.zone)},
      {id: "kind", label: "Difference", sort: (d) => d.kind, cell: (d) => h("span.state.warn", {}, kKinds[d.kind] ?? d.kind)},
      {id: "here", label: "Here", cell: (d) => side(d.here)},
      {id: "there", label: "There", cell: (d) => side(d.there)},
    ],
  });
}

export function open({main, note, state, refuse, allow}, params) {
  const nodes = nodesTable();
  const other = h("select");
  const summary = h("p.summary", {role: "status", "aria-live": "polite"});
  const button = h("button.primary", {type: "submit"}, "Compare");
  const table = differencesTable();
  table.element.hidden = true;
  const line = h("div");
  let wanted = params.with ?? "";

  const showLine = () => fill(line, other.value ? commandLine(command.diff(state()?.node ?? "", other.value)) : null);
  const compare = async () => {
    button.disabled = true;
    note({with: other.value});
    fill(summary, "Comparing …");
    try {
      const found = await get("/api/compare", {with: other.value});
      table.element.hidden = found.equal;
      table.update(found.differences);
      fill(summary, found.equal ? h("span.state.ok", {}, `Equal: ${plural(found.records_here, "record")} here and there.`) :
        [h("span.state.warn", {}, plural(found.differences.length, "difference") + (found.more ? " and more" : "")),
          ` among ${count(found.records_here)} records here and ${count(found.records_there)} there, at `, time(found.at),
          ". What changes while they are compared may show for a moment."]);
    } catch (error) {
      table.element.hidden = true;
      fill(summary, h("span.bad", {}, error.message));
    }
    button.disabled = false;
  };
  other.addEventListener("change", showLine);
  const none = h("p.dim", {hidden: true}, "This node is alone: there is nobody to compare with.");
  const form = h("form.filters", {onsubmit: (event) => {
    event.preventDefault();
    compare();
  }}, field("Compare all records with", other), button);
  add(main, [h("section", {}, h("h2", {}, "Nodes as this one sees them"), nodes.element, commandLine(command.members())),
    h("section", {}, h("h2", {}, "Differences"), none, form, summary, table.element, line)]);

  return {
    onState: (s) => {
      allow();
      nodes.update(s.nodes);
      const others = s.nodes.filter((n) => !n.self).map((n) => n.address);
      none.hidden = others.length > 0;
      form.hidden = others.length === 0;
      const chosen = other.value;
      fill(other, others.map((value) => h("option", {value}, value)));
      if (wanted && others.includes(wanted)) other.value = wanted;
      else if (others.includes(chosen)) other.value = chosen;
      wanted = "";
      if (!line.firstChild) showLine();
    },
    onLost: refuse,
  };
}
