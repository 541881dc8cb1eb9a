#include <rondeau/base/histogram_config.h>

#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

#include "support/aborts.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;

/// Buckets join without gaps, and a duration is in the one whose range it is in.
void check_ranges(const HistogramConfig& config) {
  CHECK(config.range(0).from == 0ns);
  CHECK(config.range(config.buckets() - 1).to == Duration::max());
  for (std::size_t i = 0; i < config.buckets(); ++i) {
    CAPTURE(i);
    const HistogramRange range = config.range(i);
    REQUIRE(range.from < range.to);
    if (i > 0) REQUIRE(range.from == config.range(i - 1).to);
    REQUIRE(config.bucket_of(range.from) == i);
    REQUIRE(config.bucket_of(range.to - 1ns) == i);
  }
  CHECK(config.bucket_of(-1s) == 0);
  CHECK(config.bucket_of(Duration::max()) == config.buckets() - 1);
}

TEST_CASE("RT10: histogram: logarithmic buckets are at most a quarter wide, from 100 ns to 60 s") {
  const HistogramConfig config;
  check_ranges(config);
  CHECK(config.buckets() == 117);
  CHECK(config.range(0).to > 100ns);
  CHECK(config.range(0).to <= 125ns);
  CHECK(config.range(config.buckets() - 1).from <= 60s);
  CHECK(config.range(config.buckets() - 1).from > 45s);
  for (std::size_t i = 1; i + 1 < config.buckets(); ++i) {
    const HistogramRange range = config.range(i);
    REQUIRE((range.to - range.from) * 4 <= range.from);
  }
}

TEST_CASE("RT10: histogram: an error is kept, also a small one, and small durations have buckets of their own") {
  for (const double error : {1.0, 0.5, 0.1, 0.01}) {
    CAPTURE(error);
    const HistogramConfig config({.min = 1ns, .max = 10ms, .error = error});
    check_ranges(config);
    for (std::size_t i = 1; i + 1 < config.buckets(); ++i) {
      const HistogramRange range = config.range(i);
      const auto width = (range.to - range.from).count();
      REQUIRE((width == 1 || static_cast<double>(width) <= error * static_cast<double>(range.from.count())));
    }
  }
  check_ranges(HistogramConfig({.min = 5us, .max = 5us}));
}

TEST_CASE("RT10: histogram: linear buckets are all as wide") {
  const HistogramConfig config = HistogramConfig::linear(100us, 10);
  check_ranges(config);
  CHECK(config.buckets() == 10);
  CHECK(config.range(3) == HistogramRange{300us, 400us});
  CHECK(config.bucket_of(399us) == 3);
  CHECK(config.bucket_of(5s) == 9);
  check_ranges(HistogramConfig::linear(1ns, 1));
}

TEST_CASE("RT10: histogram: bounds that make no sense abort") {
  CHECK(support::aborts_with("linear histogram", [] { static_cast<void>(HistogramConfig::linear(1us, 0)); }));
  CHECK(support::aborts_with("linear histogram", [] { static_cast<void>(HistogramConfig::linear(0us, 5)); }));
  CHECK(support::aborts_with("logarithmic histogram", [] { HistogramConfig({.min = 0ns}); }));
  CHECK(support::aborts_with("logarithmic histogram", [] { HistogramConfig({.min = 2s, .max = 1s}); }));
  CHECK(support::aborts_with("error", [] { HistogramConfig({.error = 0}); }));
  CHECK(support::aborts_with("error", [] { HistogramConfig({.error = 2}); }));
  CHECK(support::aborts_with("bucket that is not there", [] { static_cast<void>(HistogramConfig().range(117)); }));
}

}  // namespace
