#include "top/drawing.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include <rondeau/json/write.h>

namespace rondeau::tool::top {
namespace {

constexpr std::size_t kMostRows = 20;  // of a table
constexpr std::size_t kGap = 2;        // columns between columns

template <class... A>
std::string format(const char* how, A... values) {
  char text[64];
  std::snprintf(text, sizeof text, how, values...);
  return text;
}

/// What the service says goes to a terminal, which obeys control bytes.
std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return out;
}

/// "select: Signal::Recv" of "select: rondeau::signal::Signal::Recv<int>": what a line has room for.
std::string shortened(std::string_view name) {
  constexpr std::string_view kOurs = "rondeau::";
  std::string out;
  int depth = 0;
  while (!name.empty()) {
    if (depth == 0 && name.starts_with(kOurs)) {
      name.remove_prefix(kOurs.size());
      continue;
    }
    depth -= name.front() == '>' ? 1 : 0;
    if (depth == 0 && name.front() != '<' && name.front() != '>') out += name.front();
    depth += name.front() == '<' ? 1 : 0;
    name.remove_prefix(1);
  }
  return out;
}

std::string percent(double share) {
  return format("%.0f %%", share * 100);
}
std::string rate(double per_second) {
  return format(per_second < 100 ? "%.1f/s" : "%.0f/s", per_second);
}
std::string time_or_dash(std::optional<double> seconds) {
  return seconds ? human_seconds(*seconds) : "-";
}
std::string some_time(double seconds) {
  return seconds > 0 ? human_seconds(seconds) : "-";
}
std::string named(std::uint64_t task, const std::string& name) {
  return std::to_string(task) + (name.empty() ? "" : " \"" + name + "\"");
}

/// The first row is the head. Numbers stand to the right: a column that begins with '>' in its head.
struct Table {
  std::string title;
  std::vector<std::vector<std::string>> rows;
};

void lay_out(const Table& table, std::size_t shown, std::vector<std::string>& out) {
  const std::size_t columns = table.rows.front().size();
  std::vector<std::size_t> widths(columns);
  for (std::size_t row = 0; row <= shown; ++row) {
    for (std::size_t i = 0; i < columns; ++i) {
      const bool right = row == 0 && table.rows[0][i].starts_with('>');
      widths[i] = std::max(widths[i], table.rows[row][i].size() - (right ? 1 : 0));
    }
  }
  for (std::size_t row = 0; row <= shown; ++row) {
    std::string line(kGap, ' ');
    for (std::size_t i = 0; i < columns; ++i) {
      std::string cell = printable(table.rows[row][i]);
      const bool right = table.rows[0][i].starts_with('>');
      if (right && row == 0) cell.erase(0, 1);
      const std::string blank(widths[i] - cell.size(), ' ');
      line += right ? blank + cell : cell + blank;
      if (i + 1 < columns) line.append(kGap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out.push_back(std::move(line));
  }
}

std::string count(std::uint64_t number, std::string_view what) {
  return std::to_string(number) + " " + std::string(what) + (number == 1 ? "" : "s");
}

std::vector<std::string> head(const Picture& picture, const Caption& caption) {
  std::vector<std::string> out;
  std::string first = caption.address;
  if (!picture.service.empty()) first = picture.service + " " + picture.version + " at " + first;
  if (picture.up_seconds) first += ", up " + human_seconds(*picture.up_seconds);
  if (picture.restarts > 0)
    first += ", restarted " + (picture.restarts == 1 ? "once" : count(picture.restarts, "time")) + " since top began";
  out.push_back(printable(first));
  out.push_back(count(picture.tasks, "task") + ", " + rate(picture.spawned_per_second) + " spawned, " +
                std::to_string(picture.inject_queue) + " in the shared queue; " +
                count(picture.connections, "connection") + ", " + std::to_string(picture.in_request) + " in a request");
  out.push_back("longest poll " + some_time(picture.longest_poll_seconds) + ", " + count(picture.stalls, "stall") +
                ", " + count(picture.deadlocks, "deadlock") + " since it began");
  if (!caption.trouble.empty()) out.push_back("NO ANSWER: " + printable(caption.trouble));
  return out;
}

Table workers(const Picture& picture) {
  Table table{"WORKERS", {{">WORKER", ">BUSY", ">QUEUE", ">STEALS", ">POLLS", ">MEAN POLL"}}};
  for (std::size_t i = 0; i < picture.workers.size(); ++i) {
    const WorkerRow& row = picture.workers[i];
    table.rows.push_back({std::to_string(i), percent(row.busy), std::to_string(row.queue), rate(row.steals_per_second),
                          rate(row.polls_per_second), human_seconds(row.mean_poll_seconds)});
  }
  return table;
}

Table waiting(const Picture& picture) {
  Table table{"WAITING LONGEST", {{">TIME", ">AGE", ">TASKS", "TASK", "SPAWNED AT", "WAITS", "FOR"}}};
  for (const WaitRow& row : picture.waiting) {
    const std::string due = row.due_in_seconds ? " (due in " + human_seconds(*row.due_in_seconds) + ")" : "";
    table.rows.push_back({human_seconds(row.wait_seconds), human_seconds(row.age_seconds), std::to_string(row.tasks),
                          named(row.task, row.name), row.site, shortened(row.place), shortened(row.waits_for) + due});
  }
  return table;
}

Table sites(const Picture& picture) {
  Table table{"SPAWN SITES", {{"SPAWNED AT", ">TASKS", ">BUSY", ">LONGEST POLL", ">LONGEST WAIT"}}};
  for (const SiteRow& row : picture.spawn_sites) {
    table.rows.push_back({row.site, std::to_string(row.tasks), format("%.2f", row.busy),
                          some_time(row.longest_poll_seconds), some_time(row.longest_wait_seconds)});
  }
  return table;
}

Table polls(const Picture& picture) {
  Table table{"LONGEST POLLS", {{">POLLED FOR", "TASK", "SPAWNED AT", "", "WHERE"}}};
  for (const PollRow& row : picture.long_polls) {
    table.rows.push_back(
        {human_seconds(row.seconds), named(row.task, row.name), row.site, row.now ? "now" : "over", row.place});
  }
  return table;
}

Table routes(const Picture& picture) {
  Table table{"ROUTES", {{"METHOD", "ROUTE", ">RATE", ">ERRORS", ">P50", ">P99", ">REQUESTS"}}};
  for (const RouteRow& row : picture.routes) {
    table.rows.push_back({row.method, row.route, rate(row.requests_per_second), rate(row.errors_per_second),
                          time_or_dash(row.p50_seconds), time_or_dash(row.p99_seconds), std::to_string(row.requests)});
  }
  return table;
}

Table pools(const Picture& picture) {
  Table table{"BLOCKING POOLS", {{"POOL", ">THREADS", ">RUNNING", ">QUEUED"}}};
  for (const Pool& pool : picture.pools) {
    table.rows.push_back(
        {pool.name, std::to_string(pool.threads), std::to_string(pool.running), std::to_string(pool.queued)});
  }
  return table;
}

constexpr std::size_t kAround = 3;  // lines of a table beside its rows

/// How many rows of each are shown in `room` lines. The longest lose theirs first; where there is no room for three of
/// each, the last tables are left out.
std::vector<std::size_t> share_out(std::vector<Table>& tables, std::optional<std::size_t> room) {
  while (room && tables.size() > 1 && tables.size() * (kAround + 3) > *room) tables.pop_back();
  std::vector<std::size_t> shown;
  std::size_t wanted = 0;
  for (const Table& table : tables) {
    shown.push_back(std::min(table.rows.size() - 1, kMostRows));
    wanted += shown.back() + kAround;
  }
  while (room && wanted > *room) {
    const auto longest = std::ranges::max_element(shown);
    if (*longest == 0) break;
    --*longest;
    --wanted;
  }
  return shown;
}

std::string_view keys_of(Order order) {
  switch (order) {
    case Order::Busy:
      return "sites by [b]usy; p: longest poll, w: longest wait, q: quit";
    case Order::LongestPoll:
      return "sites by longest [p]oll; b: busy, w: longest wait, q: quit";
    case Order::LongestWait:
      return "sites by longest [w]ait; b: busy, p: longest poll, q: quit";
  }
  return "";
}

}  // namespace

std::string human_seconds(double seconds) {
  if (seconds < 0.001) return format("%.0f us", seconds * 1e6);
  if (seconds < 1) return format("%.1f ms", seconds * 1e3);
  if (seconds < 60) return format("%.2f s", seconds);
  const auto whole = static_cast<long long>(seconds);
  if (whole < 3600) return format("%lld min %lld s", whole / 60, whole % 60);
  if (whole < 86400) return format("%lld h %lld min", whole / 3600, whole / 60 % 60);
  return format("%lld d %lld h", whole / 86400, whole / 3600 % 24);
}

std::vector<std::string> draw(Picture picture, const Caption& caption, std::optional<Size> size) {
  sort_sites(picture.spawn_sites, caption.order);
  std::vector<std::string> out = head(picture, caption);
  std::vector<Table> tables;
  for (Table& table : std::vector{waiting(picture), workers(picture), sites(picture), polls(picture), routes(picture),
                                  pools(picture)}) {
    if (table.rows.size() > 1) tables.push_back(std::move(table));
  }
  const std::size_t fixed = out.size() + 1;  // and the line with the keys
  const auto room = size ? std::optional(size->rows > fixed ? size->rows - fixed : 0) : std::nullopt;
  const std::vector<std::size_t> shown = share_out(tables, room);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const std::size_t hidden = tables[i].rows.size() - 1 - shown[i];
    out.emplace_back();
    out.push_back(tables[i].title + (hidden > 0 ? " (" + std::to_string(hidden) + " more)" : ""));
    lay_out(tables[i], shown[i], out);
  }
  if (!size) return out;
  out.resize(std::min(out.size(), size->rows - std::min<std::size_t>(size->rows, 1)));
  out.emplace_back(keys_of(caption.order));
  for (std::string& line : out) line.resize(std::min(line.size(), size->columns));
  return out;
}

std::string to_json(const Picture& picture) {
  return json::to_string(picture).value_or("{}");
}

}  // namespace rondeau::tool::top
