#include <rondeau/runtime/shutdown_report.h>

#include <algorithm>

namespace rondeau::runtime {
namespace {

constexpr std::size_t kNamed = 8;

std::string describe(const ShutdownReport::LeftTask& task) {
  std::string text = std::to_string(task.id);
  if (!task.name.empty()) text += " \"" + task.name + '"';
  if (task.worker) text += " on worker " + std::to_string(*task.worker);
  return text;
}

std::string describe(const ShutdownReport::LeftCall& call) {
  return std::to_string(call.id) + (call.running ? " in pool " : " waiting in pool ") + call.pool;
}

/// "2 tasks (17, 18)"
template <class List>
std::string count_and_name(const List& list, const char* what) {
  std::string text = std::to_string(list.size()) + ' ' + what + (list.size() == 1 ? " (" : "s (");
  for (std::size_t i = 0; i < std::min(list.size(), kNamed); ++i) text += (i == 0 ? "" : ", ") + describe(list[i]);
  if (list.size() > kNamed) text += ", …";
  return text + ')';
}

}  // namespace

std::string ShutdownReport::message() const {
  std::string text;
  if (!tasks.empty()) text = count_and_name(tasks, "task");
  if (!tasks.empty() && !blocking_calls.empty()) text += " and ";
  if (!blocking_calls.empty()) text += count_and_name(blocking_calls, "blocking call");
  return text;
}

}  // namespace rondeau::runtime
