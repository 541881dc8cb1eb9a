#include <rondeau/detail/frame_cache.h>

#include <array>
#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

#include "support/sanitized.h"

using rondeau::detail::allocate_frame;
using rondeau::detail::free_frame;
using rondeau::detail::live_frames;

namespace {

constexpr std::size_t kSize = 64;

long resident_kib() {
  std::ifstream statm("/proc/self/statm");
  long total = 0;
  long resident = 0;
  statm >> total >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

}  // namespace

TEST_CASE("frame cache: what one thread allocates and another frees comes back, whatever ended threads left" *
          doctest::skip(support::kSanitized)) {
  // Leaves more than a magazine on the shelf.
  std::thread([] {
    std::vector<void*> all;
    for (int i = 0; i < 513; ++i) all.push_back(allocate_frame(kSize));
    for (void* each : all) free_frame(each, kSize);
  }).join();
  std::array<void*, 1000> box{};
  std::atomic<bool> full = false;
  constexpr int kRounds = 500;
  std::thread taker([&] {
    for (int i = 0; i < kRounds; ++i) {
      while (!full.load()) std::this_thread::yield();
      for (void* each : box) free_frame(each, kSize);
      full = false;
    }
  });
  const long before = resident_kib();
  for (int i = 0; i < kRounds; ++i) {
    for (void*& each : box) each = allocate_frame(kSize);
    full = true;
    while (full.load()) std::this_thread::yield();
  }
  taker.join();
  // All of it were 30 MiB.
  CHECK(resident_kib() - before < 16 * 1024);
}

TEST_CASE("frame cache: every size comes back, and nothing is counted that does not live") {
  const std::size_t before = live_frames();
  std::vector<std::pair<void*, std::size_t>> all;
  for (std::size_t size = 1; size <= 4096; size += size % 64 == 0 ? 37 : 1) {
    all.emplace_back(allocate_frame(size), size);
    CHECK(reinterpret_cast<std::uintptr_t>(all.back().first) % (size % 64 == 0 ? 64 : 16) == 0);
  }
  CHECK(live_frames() == before + all.size());
  for (const auto& [memory, size] : all) free_frame(memory, size);
  CHECK(live_frames() == before);
}
