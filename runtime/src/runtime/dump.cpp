#include <rondeau/runtime/dump.h>

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <rondeau/runtime/handle.h>
#include <rondeau/task/yield_now.h>

#include "runtime/live_runtimes.h"
#include "scheduler/core.h"
#include "scheduler/inspect.h"
#include "scheduler/sighting.h"

namespace rondeau::runtime {
namespace {

/// So many tasks are looked at while nobody else of their shard can be spawned or end.
constexpr std::size_t kBatch = 256;

DumpedTask look_at(const scheduler::Core& core, detail::Header& task) {
  DumpedTask dumped = scheduler::inspect(task);
  dumped.age = core.age_of(task);
  return dumped;
}

void add_batch(const scheduler::Core& core, const std::vector<detail::Header*>& tasks, Dump& dump) {
  for (detail::Header* task : tasks) {
    DumpedTask dumped = look_at(core, *task);
    if (dumped.state != DumpedTask::State::Ended) dump.tasks.push_back(std::move(dumped));
  }
}

/// What only its own thread knows of a task while it runs.
void ask_thread(int thread, DumpedTask& task) {
  if (thread == ::gettid()) {
    if (const detail::Header* mine = detail::current_task(); mine != nullptr && TaskId{mine->id} == task.id) {
      task.spawned_at = detail::spawned_at(*mine);
    }
    return;
  }
  std::optional<scheduler::Sighting> sighting = scheduler::sight_thread(thread);
  if (!sighting || TaskId{sighting->task} != task.id) return;  // it went on meanwhile
  task.spawned_at = sighting->spawned_at;
  task.stack = std::move(sighting->stack);
}

/// Roots of block_on stand on no list of live tasks; what runs now is told by the workers.
void finish(scheduler::Core& core, Dump& dump) {
  core.for_each_root([&](detail::Header& root) { dump.tasks.push_back(look_at(core, root)); });
  std::sort(dump.tasks.begin(), dump.tasks.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  dump.tasks.erase(std::unique(dump.tasks.begin(), dump.tasks.end(), [](const auto& a, const auto& b) { return a.id == b.id; }),
                   dump.tasks.end());
  for (std::size_t worker = 0; worker < core.workers(); ++worker) {
    const scheduler::WorkerCounters& counters = core.look_at(worker).counters;
    const TaskId running{counters.task_id.load(std::memory_order_relaxed)};
    const auto at = std::lower_bound(dump.tasks.begin(), dump.tasks.end(), running,
                                     [](const DumpedTask& task, TaskId id) { return task.id < id; });
    if (at == dump.tasks.end() || at->id != running || at->state != DumpedTask::State::Running) continue;
    at->worker = worker;
    ask_thread(counters.thread_id.load(std::memory_order_relaxed), *at);
  }
}

Dump begin(const scheduler::Core& core) {
  Dump dump;
  dump.runtime = core.config().thread_name;
  dump.workers = core.workers();
  return dump;
}

Dump dump_of(scheduler::Core& core) {
  Dump dump = begin(core);
  for (std::size_t shard = 0; shard < core.owned().shards(); ++shard) {
    scheduler::OwnedTasks::Walk walk;
    while (core.owned().next_batch(shard, walk, kBatch)) add_batch(core, walk.batch, dump);
  }
  finish(core, dump);
  return dump;
}

Task<Dump> dump_between_others(std::shared_ptr<scheduler::Core> core) {
  Dump dump = begin(*core);
  for (std::size_t shard = 0; shard < core->owned().shards(); ++shard) {
    scheduler::OwnedTasks::Walk walk;
    while (core->owned().next_batch(shard, walk, kBatch)) {
      add_batch(*core, walk.batch, dump);
      co_await yield_now();
    }
  }
  finish(*core, dump);
  co_return dump;
}

}  // namespace

Dump Handle::dump_now() const {
  return dump_of(*core_);
}

Task<Dump> Handle::dump() const {
  return dump_between_others(core_);
}

std::string dump_all() {
  std::string text;
  for (const std::shared_ptr<scheduler::Core>& core : live_runtimes()) text += dump_of(*core).text();
  return text.empty() ? "no runtime lives in this process\n" : text;
}

}  // namespace rondeau::runtime
