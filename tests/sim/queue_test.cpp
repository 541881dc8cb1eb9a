// A queue service with a disk: what it said is stored stays, what is retried happens once, and it keeps its bound.
#include <map>
#include <memory>
#include <set>

#include <doctest/doctest.h>

#include <rondeau/task/blocking.h>
#include <rondeau/task/join_set.h>

#include "calls.h"
#include "seeds.h"

namespace {

using namespace programs;

constexpr std::uint64_t kPush = 1;
constexpr std::uint64_t kTake = 2;
constexpr std::uint64_t kDone = 3;
constexpr std::uint64_t kOk = 10;
constexpr std::uint64_t kFull = 11;
constexpr std::uint64_t kEmpty = 12;
constexpr std::uint64_t kFailed = 13;

constexpr std::size_t kBound = 4;
constexpr std::uint64_t kJobs = 12;

/// What outlives a crash: written by blocking calls only.
struct Disk {
  std::set<std::uint64_t> waiting;
  std::map<std::uint64_t, int> done;  ///< how often
};

struct Seen {
  std::set<std::uint64_t> pushed;  ///< that the service said it stored
  std::set<std::uint64_t> done;    ///< that it said is done
};

struct Service {
  std::shared_ptr<Disk> disk;
  std::map<std::uint64_t, Instant> leases;
  std::set<std::uint64_t> being_pushed;

  Task<Message> answer(Message question) {
    switch (question.what) {
      case kPush: co_return co_await push(question.first);
      case kTake: co_return take();
      case kDone: co_return co_await finish(question.first);
      default: co_return Message{.what = kFailed};
    }
  }

  Task<Message> push(std::uint64_t job) {
    if (disk->waiting.contains(job) || disk->done.contains(job)) co_return Message{.what = kOk};
    if (being_pushed.contains(job) || disk->waiting.size() + being_pushed.size() >= kBound) {
      co_return Message{.what = kFull};
    }
    being_pushed.insert(job);
    const auto stored = co_await rondeau::task::blocking([on = disk, job] { on->waiting.insert(job); });
    being_pushed.erase(job);
    co_return Message{.what = stored ? kOk : kFailed};
  }

  Message take() {
    for (const std::uint64_t job : disk->waiting) {
      const auto lease = leases.find(job);
      if (lease != leases.end() && lease->second > Instant::now()) continue;
      leases[job] = Instant::now() + 500ms;
      return {.what = kOk, .first = job};
    }
    return {.what = kEmpty};
  }

  Task<Message> finish(std::uint64_t job) {
    const auto stored = co_await rondeau::task::blocking([on = disk, job] {
      if (on->waiting.erase(job) == 1) ++on->done[job];  // one transaction
    });
    co_return Message{.what = stored ? kOk : kFailed};
  }
};

Task<void> run_service(std::shared_ptr<Disk> disk) {
  auto service = std::make_shared<Service>(Service{.disk = std::move(disk), .leases = {}, .being_pushed = {}});
  co_await serve(9, [service](Message question) { return service->answer(question); });
}

Task<void> produce(std::shared_ptr<Seen> seen) {
  for (std::uint64_t job = 1; job <= kJobs; ++job) {
    for (;;) {
      const auto answer = co_await ask_within(300ms, "service", 9, {.what = kPush, .first = job});
      if (answer && answer->what == kOk) break;
      co_await rondeau::sleep_for(20ms);
    }
    seen->pushed.insert(job);
  }
}

/// Until all is done, whether anybody was told or not: an answer may have been lost.
Task<void> consume(std::shared_ptr<Seen> seen, std::shared_ptr<Disk> disk) {
  while (disk->done.size() < kJobs) {
    const auto taken = co_await ask_within(300ms, "service", 9, {.what = kTake});
    if (taken && taken->what == kOk) {
      const auto done = co_await ask_within(300ms, "service", 9, {.what = kDone, .first = taken->first});
      if (done && done->what == kOk) seen->done.insert(taken->first);
    } else {
      co_await rondeau::sleep_for(20ms);
    }
  }
}

}  // namespace

TEST_CASE("TE4: sim: a queue service keeps what it stored, does a retried job once, and keeps its bound") {
  run_seeds("queue", rough(), [](sim::Runtime& world) {
    auto disk = std::make_shared<Disk>();
    auto seen = std::make_shared<Seen>();
    world.host("service", [disk] { return run_service(disk); });
    world.client("producer", [seen] { return produce(seen); });
    world.client("consumer", [seen, disk] { return consume(seen, disk); });
    world.client("other", [seen, disk] { return consume(seen, disk); });
    world.client("crashes", [&world]() -> Task<void> {
      for (int i = 0; i < 3; ++i) {
        co_await rondeau::sleep_for(std::chrono::milliseconds(1 + world.below(400)));
        world.crash("service", world.chance(0.5) ? sim::Crash::Power : sim::Crash::Process);
        co_await rondeau::sleep_for(std::chrono::milliseconds(1 + world.below(200)));
        world.restart("service");
      }
    });
    world.always("what was stored stays", [disk, seen] {
      for (const std::uint64_t job : seen->pushed) {
        if (!disk->waiting.contains(job) && !disk->done.contains(job)) return false;
      }
      for (const std::uint64_t job : seen->done) {
        if (!disk->done.contains(job)) return false;
      }
      return true;
    });
    world.always("a job is done once", [disk] {
      for (const auto& [job, times] : disk->done) {
        if (times != 1 || disk->waiting.contains(job)) return false;
      }
      return true;
    });
    world.always("the queue keeps its bound", [disk] { return disk->waiting.size() <= kBound; });
  });
}
