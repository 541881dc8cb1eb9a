#include "scheduler/deadlocks.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "scheduler/core.h"
#include "scheduler/inspect.h"
#include "scheduler/wait_cycles.h"

namespace rondeau::scheduler {
namespace {

constexpr std::size_t kBatch = 256;

std::string in_words(const runtime::DumpedTask& task) {
  std::string words = "task " + std::to_string(static_cast<std::uint64_t>(task.id));
  if (!task.name.empty()) words += " \"" + task.name + '"';
  if (task.spawned_at.line() != 0) {
    words.append(" (spawned at ").append(task.spawned_at.file_name()).append(":");
    words.append(std::to_string(task.spawned_at.line())).append(")");
  }
  return words;
}

std::string in_words(const runtime::WaitDescription& wait) {
  std::string words(wait.operation);
  if (wait.object != nullptr) {
    char address[24];
    std::snprintf(address, sizeof address, " at %p", wait.object);
    words += address;
  }
  words += wait.operation == "JoinHandle" ? " of task " : ", held by task ";
  return words + std::to_string(wait.holder);
}

}  // namespace

std::vector<std::string> Deadlocks::look(std::uint64_t runs, Clock::time_point now) {
  if (runs != runs_) {
    runs_ = runs;
    since_ = now;
    looked_ = false;
  }
  const std::optional<Clock::time_point> due = this->due();
  if (!due || now < *due) return {};
  looked_ = true;
  const std::optional<BlockedTasks> found = blocked_tasks();
  if (!found) {
    // Another look when it had time to run.
    looked_ = false;
    since_ = now;
    return {};
  }
  if (this->runs() != runs) return {};
  const BlockedTasks& blocked = *found;
  std::map<TaskId, TaskId> waits_for;
  for (const auto& [id, task] : blocked) waits_for.emplace(id, TaskId{task.wait.holder});
  std::vector<std::vector<TaskId>> cycles = wait_cycles(waits_for);
  std::vector<std::string> lines;
  for (const std::vector<TaskId>& cycle : cycles) {
    if (std::find(told_.begin(), told_.end(), cycle) == told_.end()) lines.push_back(describe(cycle, blocked, now - since_));
  }
  told_ = std::move(cycles);
  return lines;
}

std::optional<Deadlocks::Clock::time_point> Deadlocks::due() const noexcept {
  if (limit_ <= Duration::zero() || looked_ || !runs_) return std::nullopt;
  // Not beyond what the clock can tell.
  return limit_ < Clock::time_point::max() - since_ ? std::optional(since_ + limit_) : std::nullopt;
}

std::optional<Deadlocks::BlockedTasks> Deadlocks::blocked_tasks() const {
  BlockedTasks blocked;
  bool all_wait = true;
  const auto add = [&](detail::Header& task) {
    runtime::DumpedTask seen = inspect(task);
    if (seen.state != runtime::DumpedTask::State::Waiting) {
      all_wait = all_wait && seen.state == runtime::DumpedTask::State::Ended;
      return;
    }
    if (const runtime::WaitDescription* wait = sole_wait(seen); wait != nullptr) {
      const runtime::WaitDescription copy = *wait;
      seen.root = {};
      blocked.insert_or_assign(seen.id, Blocked{std::move(seen), copy});
    }
  };
  // First: the runs of roots are not counted, but what they wait for runs after they began to.
  runtime_.for_each_root(add);
  for (std::size_t shard = 0; shard < runtime_.owned().shards(); ++shard) {
    OwnedTasks::Walk walk;
    while (runtime_.owned().next_batch(shard, walk, kBatch)) {
      for (detail::Header* task : walk.batch) add(*task);
    }
  }
  return all_wait ? std::optional(std::move(blocked)) : std::nullopt;
}

std::uint64_t Deadlocks::runs() const noexcept {
  std::uint64_t runs = 0;
  for (std::size_t worker = 0; worker < runtime_.workers(); ++worker) runs += runtime_.look_at(worker).counters.polls.get();
  return runs;
}

std::string Deadlocks::describe(const std::vector<TaskId>& cycle, const BlockedTasks& blocked, Duration still) const {
  std::string line = "rondeau: deadlock, and nothing has run for ";
  line += std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(still).count()) + " ms";
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    const Blocked& task = blocked.at(cycle[i]);
    line += (i == 0 ? ": " : "; ") + in_words(task.task) + " waits for " + in_words(task.wait);
  }
  return line;
}

}  // namespace rondeau::scheduler
