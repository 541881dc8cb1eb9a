// A dump as people read it, and as programs do.
#include <rondeau/runtime/dump.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string_view>

#include "scheduler/wait_cycles.h"

namespace rondeau::runtime {
namespace {

std::string number(std::uint64_t value, int base = 10) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value, base);
  return std::string(digits, end);
}

/// "1 task", "2 tasks".
std::string counted(std::uint64_t count, std::string_view what) {
  return number(count) + ' ' + std::string(what) + (count == 1 ? "" : "s");
}

std::string_view word(DumpedTask::State state) {
  switch (state) {
    case DumpedTask::State::NotStarted: return "not started";
    case DumpedTask::State::Waiting: return "waiting";
    case DumpedTask::State::Due: return "due to run";
    case DumpedTask::State::Running: return "running";
    case DumpedTask::State::Ended: return "ended";
  }
  return "";
}

std::string_view word(task::Priority priority) {
  switch (priority) {
    case task::Priority::Interactive: return "interactive";
    case task::Priority::Normal: return "normal";
    case task::Priority::Background: return "background";
  }
  return "";
}

std::string_view file_of(const std::source_location& where) {
  const std::string_view path = where.file_name();
  return path.substr(path.find_last_of('/') + 1);
}

/// "app::serve" of "rondeau::Task<void> app::serve(net::TcpStream)".
std::string_view function_of(const std::source_location& where) {
  std::string_view name = where.function_name();
  int depth = 0;
  std::size_t begin = 0;
  std::size_t end = name.size();
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '<' || c == '(') {
      if (c == '(' && depth == 0 && name.substr(i, 11) != "(anonymous " && name.substr(i, 8) != "(lambda ") {
        end = i;
        break;
      }
      ++depth;
    }
    if (c == '>' || c == ')') depth = std::max(0, depth - 1);
    if (c == ' ' && depth == 0) begin = i + 1;
  }
  name = name.substr(begin, end - begin);
  constexpr std::string_view kAnonymous = "(anonymous namespace)::";
  if (name.starts_with(kAnonymous)) name.remove_prefix(kAnonymous.size());
  return name;
}

std::string place(const std::source_location& where) {
  return std::string(file_of(where)) + ':' + number(where.line());
}

std::string milliseconds(Duration span) {
  return number(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(span).count())) + " ms";
}

std::string described(const WaitDescription& wait, Instant now) {
  std::string text(wait.operation);
  if (wait.descriptor >= 0) text += " (descriptor " + number(static_cast<std::uint64_t>(wait.descriptor)) + ", " + std::string(wait.direction) + ')';
  if (wait.deadline != Instant::far_future()) text += " (due in " + milliseconds(wait.deadline.saturating_since(now)) + ')';
  if (wait.holder != 0) text += " (task " + number(wait.holder) + ')';
  if (wait.count > 1) text += " (" + number(wait.count) + ')';
  if (wait.object != nullptr && wait.descriptor < 0) text += " at 0x" + number(reinterpret_cast<std::uintptr_t>(wait.object), 16);
  return text;
}

class Text {
 public:
  explicit Text(const Dump& dump) : dump_(dump) {
    for (const DumpedTask& task : dump.tasks) {
      by_id_[task.id] = &task;
      note_children(task.root);
    }
  }
  std::string write() {
    out_ = "runtime " + dump_.runtime + ": " + counted(dump_.tasks.size(), "task") + ", " + counted(dump_.workers, "worker") + '\n';
    for (const DumpedTask& task : dump_.tasks) {
      if (!children_.contains(task.id)) write(task, 0);
    }
    if (const std::string graph = dump_.wait_for_graph(); !graph.empty()) out_ += graph;
    return std::move(out_);
  }

 private:
  void note_children(const DumpedStrand& strand) {
    children_.insert(strand.children.begin(), strand.children.end());
    for (const DumpedStrand& branch : strand.branches) note_children(branch);
  }
  void indent(std::size_t depth) { out_.append(2 * depth, ' '); }

  void write(const DumpedTask& task, std::size_t depth) {
    if (!written_.insert(task.id).second) return;
    indent(depth);
    out_ += "task " + number(static_cast<std::uint64_t>(task.id));
    if (!task.name.empty()) out_ += " \"" + task.name + '"';
    out_ += ": " + std::string(word(task.state));
    if (task.worker) out_ += " on worker " + number(*task.worker);
    out_ += ", " + milliseconds(task.age) + " old";
    if (task.priority != task::Priority::Normal) out_ += ", " + std::string(word(task.priority));
    if (task.ending != CancelReason::None) out_ += ", told to end (" + std::string(to_string(task.ending)) + ')';
    if (task.spawned_at.line() != 0) out_ += ", spawned at " + place(task.spawned_at);
    out_ += '\n';
    for (const std::string& frame : task.stack) {
      indent(depth + 1);
      out_ += frame + '\n';
    }
    write(task.root, depth + 1);
  }
  void write(const DumpedStrand& strand, std::size_t depth) {
    if (!strand.wait.operation.empty()) {
      indent(depth);
      out_ += "awaits " + described(strand.wait, now_) + '\n';
    }
    for (const std::source_location& frame : strand.frames) {
      indent(depth);
      out_ += "in " + std::string(function_of(frame)) + " at " + place(frame) + '\n';
    }
    for (std::size_t i = 0; i < strand.branches.size(); ++i) {
      indent(depth);
      out_ += "branch " + number(i) + ":\n";
      write(strand.branches[i], depth + 1);
    }
    for (const TaskId child : strand.children) {
      if (const auto at = by_id_.find(child); at != by_id_.end()) write(*at->second, depth + 1);
    }
  }

  const Dump& dump_;
  const Instant now_ = Instant::now();
  std::map<TaskId, const DumpedTask*> by_id_;
  std::set<TaskId> children_;
  std::set<TaskId> written_;
  std::string out_;
};

// ---- JSON

void quote(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += "0123456789abcdef"[(c >> 4) & 15];
      out += "0123456789abcdef"[c & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void field(std::string& out, std::string_view name, std::string_view text) {
  out += ',';
  quote(out, name);
  out += ':';
  quote(out, text);
}
void field(std::string& out, std::string_view name, std::uint64_t value) {
  out += ',';
  quote(out, name);
  out += ':' + number(value);
}

void location(std::string& out, const std::source_location& where) {
  out += "{\"file\":";
  quote(out, where.file_name());
  field(out, "line", where.line());
  field(out, "function", function_of(where));
  out += '}';
}

void strand_json(std::string& out, const DumpedStrand& strand, Instant now) {
  out += "{\"frames\":[";
  for (std::size_t i = 0; i < strand.frames.size(); ++i) {
    if (i != 0) out += ',';
    location(out, strand.frames[i]);
  }
  out += ']';
  if (const WaitDescription& wait = strand.wait; !wait.operation.empty()) {
    out += ",\"awaits\":{\"operation\":";
    quote(out, wait.operation);
    if (wait.object != nullptr) field(out, "object", "0x" + number(reinterpret_cast<std::uintptr_t>(wait.object), 16));
    if (wait.holder != 0) field(out, "task", wait.holder);
    if (wait.descriptor >= 0) {
      field(out, "descriptor", static_cast<std::uint64_t>(wait.descriptor));
      field(out, "direction", wait.direction);
    }
    if (wait.count != 0) field(out, "count", wait.count);
    if (wait.deadline != Instant::far_future()) {
      field(out, "due_in_ms", static_cast<std::uint64_t>(wait.deadline.saturating_since(now).count() / 1'000'000));
    }
    out += '}';
  }
  if (!strand.branches.empty()) {
    out += ",\"branches\":[";
    for (std::size_t i = 0; i < strand.branches.size(); ++i) {
      if (i != 0) out += ',';
      strand_json(out, strand.branches[i], now);
    }
    out += ']';
  }
  if (!strand.children.empty()) {
    out += ",\"children\":[";
    for (std::size_t i = 0; i < strand.children.size(); ++i) {
      if (i != 0) out += ',';
      out += number(static_cast<std::uint64_t>(strand.children[i]));
    }
    out += ']';
  }
  out += '}';
}

// ---- who waits for whom

void collect_waits(const DumpedStrand& strand, std::vector<const WaitDescription*>& waits) {
  if (strand.wait.holder != 0) waits.push_back(&strand.wait);
  for (const DumpedStrand& branch : strand.branches) collect_waits(branch, waits);
}

}  // namespace

std::string Dump::text() const {
  return Text(*this).write();
}

std::string Dump::json() const {
  const Instant now = Instant::now();
  std::string out = "{\"runtime\":";
  quote(out, runtime);
  field(out, "workers", workers);
  out += ",\"tasks\":[";
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const DumpedTask& task = tasks[i];
    if (i != 0) out += ',';
    out += "{\"id\":" + number(static_cast<std::uint64_t>(task.id));
    if (!task.name.empty()) field(out, "name", task.name);
    field(out, "state", word(task.state));
    field(out, "age_ms", static_cast<std::uint64_t>(task.age.count() / 1'000'000));
    field(out, "priority", word(task.priority));
    if (task.worker) field(out, "worker", *task.worker);
    if (task.ending != CancelReason::None) field(out, "ending", to_string(task.ending));
    if (task.spawned_at.line() != 0) {
      out += ",\"spawned_at\":";
      location(out, task.spawned_at);
    }
    if (!task.stack.empty()) {
      out += ",\"stack\":[";
      for (const std::string& frame : task.stack) {
        if (&frame != &task.stack.front()) out += ',';
        quote(out, frame);
      }
      out += ']';
    }
    out += ",\"stands\":";
    strand_json(out, task.root, now);
    out += '}';
  }
  out += "]}";
  return out;
}

std::string Dump::wait_for_graph() const {
  std::string out;
  std::map<TaskId, TaskId> waits_for;  // of a task that waits for one other, and for nothing else
  for (const DumpedTask& task : tasks) {
    std::vector<const WaitDescription*> waits;
    collect_waits(task.root, waits);
    for (const WaitDescription* wait : waits) {
      out += "task " + number(static_cast<std::uint64_t>(task.id)) + " waits for " + std::string(wait->operation);
      if (wait->object != nullptr) out += " at 0x" + number(reinterpret_cast<std::uintptr_t>(wait->object), 16);
      out += ", which task " + number(wait->holder) + (wait->operation == "JoinHandle" ? " will end\n" : " holds\n");
    }
    if (const WaitDescription* wait = scheduler::sole_wait(task); wait != nullptr) waits_for[task.id] = TaskId{wait->holder};
  }
  for (const std::vector<TaskId>& cycle : scheduler::wait_cycles(waits_for)) {
    out += "DEADLOCK:";
    for (const TaskId task : cycle) out += " task " + number(static_cast<std::uint64_t>(task)) + " waits for";
    out += " task " + number(static_cast<std::uint64_t>(cycle.front())) + '\n';
  }
  return out;
}

}  // namespace rondeau::runtime
