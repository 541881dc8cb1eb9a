#include "admin/liveness.h"

#include <span>
#include <string_view>
#include <utility>

#include <rondeau/net/pipe.h>
#include <rondeau/observe/log.h>
#include <rondeau/runtime/dump.h>
#include <rondeau/task/builder.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

namespace rondeau::admin {
namespace {

/// Long enough for the reader to be waiting, so that the byte comes through the reactor and is not found there.
constexpr std::chrono::milliseconds kBeforeWriting{2};

std::string seconds(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

Liveness::Liveness(runtime::Handle runtime, Times times) : runtime_(std::move(runtime)), times_(times) {
  for (const Sign sign : {Timer, Event, Run}) note(sign);
}

void Liveness::note(Sign sign) noexcept {
  last_[sign].store(Instant::now().nanoseconds(), std::memory_order_relaxed);
}

bool Liveness::is_fresh(Sign sign, Instant now) const noexcept {
  return now.nanoseconds() - last_[sign].load(std::memory_order_relaxed) <= times_.fresh.count();
}

bool Liveness::is_alive() const noexcept {
  const Instant now = Instant::now();
  return is_fresh(Timer, now) && is_fresh(Event, now) && is_fresh(Run, now);
}

Task<Result<void>> Liveness::beat(std::shared_ptr<Liveness> self) {
  RONDEAU_TRY(auto ends, net::pipe::pair());
  const auto sender = std::make_shared<net::pipe::Sender>(std::move(ends.first));
  net::pipe::Receiver receiver = std::move(ends.second);
  const auto write = [self, sender]() -> Task<void> {
    self->note(Run);
    const Instant due = Instant::now() + kBeforeWriting;
    co_await sleep_until(due);
    self->note(Timer);
    self->lateness_.store(Instant::now().saturating_since(due).count(), std::memory_order_relaxed);
    static_cast<void>(sender->try_write(std::as_bytes(std::span("!", 1))));
  };
  for (;;) {
    static_cast<void>(self->held_workers());
    task::Builder{}.name("liveness round").spawn(write).detach();
    std::array<std::byte, 16> bytes;
    // A byte of a round that was given up is as good as that of this one.
    const auto read = co_await timeout(self->times_.fresh, receiver.read_some(bytes));
    if (read && *read > 0) self->note(Event);
    co_await sleep_for(self->times_.round);
  }
}

std::vector<Liveness::Held> Liveness::held_workers() {
  const RuntimeMetrics metrics = runtime_.metrics();
  const Instant now = Instant::now();
  std::vector<Held> held;
  const std::lock_guard lock(mutex_);
  seen_.resize(metrics.num_workers());
  for (std::size_t worker = 0; worker < seen_.size(); ++worker) {
    const Seen fresh{metrics.worker_poll_count(worker), metrics.worker_park_unpark_count(worker), now};
    Seen& seen = seen_[worker];
    const bool sleeps = fresh.parks % 2 == 1;
    if (sleeps || fresh.polls != seen.polls || fresh.parks != seen.parks) {
      seen = fresh;
      continue;
    }
    const Duration time = now.saturating_since(seen.since);
    if (time < times_.round) continue;
    held.push_back({worker, time});
  }
  return held;
}

std::string Liveness::names_of(const std::vector<Held>& held) const {
  std::string text;
  const Dump dump = runtime_.dump_now();
  for (const Held& each : held) {
    text += "worker " + std::to_string(each.worker) + " has been in one task for " + seconds(each.time);
    for (const runtime::DumpedTask& task : dump.tasks) {
      if (task.state != runtime::DumpedTask::State::Running || task.worker != each.worker) continue;
      text += ": task " + std::to_string(static_cast<std::uint64_t>(task.id));
      if (!task.name.empty()) text += " \"" + task.name + "\"";
      if (task.spawned_at.line() != 0) {
        const std::string_view path = task.spawned_at.file_name();
        text += ", spawned at " + std::string(path.substr(path.rfind('/') + 1)) + ":" +
                std::to_string(task.spawned_at.line());
      }
    }
    text += "\n";
  }
  return text;
}

Liveness::Report Liveness::look() {
  constexpr std::pair<Sign, std::string_view> kSigns[] = {
      {Timer, "a timer"}, {Event, "an event of the reactor"}, {Run, "a task"}};
  constexpr std::string_view kWhat[] = {"fired", "came", "was run"};
  Report report;
  const Instant now = Instant::now();
  for (const auto& [sign, what] : kSigns) {
    if (is_fresh(sign, now)) continue;
    report.alive = false;
    report.text += std::string(what) + " " + std::string(kWhat[sign]) + " last more than " + seconds(times_.fresh) + " ago\n";
  }
  if (report.alive) report.text = "ok\n";
  if (const std::vector<Held> held = held_workers(); !held.empty()) report.text += names_of(held);
  return report;
}

}  // namespace rondeau::admin
