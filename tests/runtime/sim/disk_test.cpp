#include <cerrno>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/fs/file.h>
#include <rondeau/fs/files.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sim/runtime.h>

#include "support/temporary_directory.h"

using namespace rondeau;

namespace {

sim::Options failing(double disk) {
  sim::Options options{.faults = sim::Faults::none(), .subset_of_faults = false};
  options.faults.disk = disk;
  return options;
}

struct Outcomes {
  std::map<int, int> reads, writes, syncs;  ///< by errno; 0: it worked
  std::uint64_t hash = 0;
  bool operator==(const Outcomes&) const = default;
};

int code(const auto& result) { return result ? 0 : result.error().os_error(); }

Outcomes play(std::uint64_t seed, double disk) {
  const support::TemporaryDirectory directory;
  Outcomes outcomes;
  sim::Runtime world(seed, failing(disk));
  world.block_on([&]() -> Task<void> {
    const auto path = directory.path() / "content";
    auto file = (co_await fs::File::create(path)).value();
    for (int i = 0; i < 50; ++i) {
      ++outcomes.writes[code(co_await file.write_all(std::as_bytes(std::span("0123456789", 10))))];
      ++outcomes.syncs[code(co_await file.sync_all())];
      ++outcomes.reads[code(co_await fs::read(path))];
    }
  });
  outcomes.hash = world.trace_hash();
  // What failed was not begun: the file holds what succeeded.
  CHECK(directory.get("content").size() == static_cast<std::size_t>(outcomes.writes[0]) * 10);
  return outcomes;
}

}  // namespace

TEST_CASE("TE4: disk: reads fail with EIO, writes and syncs with EIO or ENOSPC, as often as the faults say and from the seed") {
  const Outcomes outcomes = play(7, 0.3);
  CHECK(outcomes == play(7, 0.3));
  CHECK(outcomes.hash != play(8, 0.3).hash);
  for (const auto* each : {&outcomes.reads, &outcomes.writes, &outcomes.syncs}) {
    CHECK(each->contains(0));
    CHECK(each->contains(EIO));
    CHECK(each->contains(ENOSPC) == (each != &outcomes.reads));
    CHECK(each->size() <= 3);
  }
}

TEST_CASE("TE4: disk: without the fault nothing fails") {
  const Outcomes outcomes = play(7, 0);
  for (const auto* each : {&outcomes.reads, &outcomes.writes, &outcomes.syncs}) CHECK(each->at(0) == 50);
}

TEST_CASE("TE4: disk: a file that is written atomically is the old one or the new one where the disk fails, never a part") {
  const support::TemporaryDirectory directory;
  directory.put("content", "old");
  int failed = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::Runtime world(seed, failing(0.3));
    world.block_on([&]() -> Task<void> {
      const std::string before = directory.get("content");
      const std::string text = "new " + std::to_string(seed);
      const auto written = co_await fs::write_atomic(directory.path() / "content", text);
      // Where the last sync fails, that of the folder, the new one is there already.
      const std::string after = directory.get("content");
      CHECK((after == text || (!written && after == before)));
      failed += written ? 0 : 1;
    });
  }
  CHECK(failed > 0);
  CHECK(failed < 20);
}
