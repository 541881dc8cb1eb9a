#include <rondeau/runtime/frame_statistics.h>

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/yield_now.h>

using namespace rondeau;

namespace {

Task<int> counted_or_not() {
  co_await yield_now();
  co_return 1;
}

}  // namespace

TEST_CASE("ME3: frames are counted where the build asks for it, and only there") {
  auto runtime = runtime::Builder::current_thread().build().value();
  CHECK(runtime.block_on(counted_or_not()) == 1);
  const std::vector<FrameStatistics> all = runtime::frame_statistics();
#ifdef RONDEAU_FRAME_STATISTICS
  CHECK(runtime::frame_statistics_enabled());
  const auto mine = std::ranges::find_if(
      all, [](const FrameStatistics& each) { return each.function.find("counted_or_not") != std::string_view::npos; });
  REQUIRE(mine != all.end());
  CHECK(mine->made == 1);
  CHECK(mine->finished == 1);
  CHECK(mine->live == 0);
#else
  CHECK(!runtime::frame_statistics_enabled());
  CHECK(all.empty());
#endif
}

TEST_CASE("ME3: the text of frame statistics has a line for each function") {
  using namespace std::chrono_literals;
  const std::vector<FrameStatistics> two{
      {.function = "Task<> serve()", .file = "serve.cpp", .line = 12, .size = 320, .live = 3, .peak = 7, .made = 10,
       .finished = 4, .cancelled = 3, .total_life = 14ms, .longest_life = 5ms},
      {.function = "Task<> idle()", .file = "idle.cpp", .line = 1, .size = 64, .live = 1, .peak = 1, .made = 1},
  };
  const std::string text = runtime::frame_statistics_text(two);
  CHECK(std::ranges::count(text, '\n') == 3);
  CHECK(text.find("      320          3          7         10          4          3       2.000       5.000  "
                  "Task<> serve() (serve.cpp:12)\n") != std::string::npos);
  CHECK(text.find("       64          1          1          1          0          0       0.000       0.000  "
                  "Task<> idle() (idle.cpp:1)\n") != std::string::npos);
  CHECK(two[0].live_bytes() == 960);
}
