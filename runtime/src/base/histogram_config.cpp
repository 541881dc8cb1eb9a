#include <rondeau/base/histogram_config.h>

#include <algorithm>
#include <bit>

#include <rondeau/base/assert.h>

// Logarithmic: with p bits of precision the numbers below 2^p have a bucket each; above, every power of two is cut into
// 2^p equal parts, so that a part is at most 2^-p of its beginning.

namespace rondeau::base {
namespace {

std::size_t number_of(std::uint64_t value, unsigned precision) noexcept {
  const std::uint64_t parts = std::uint64_t{1} << precision;
  if (value < parts) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - precision;
  return (std::size_t{shift} + 1) * parts + (value >> shift) - parts;
}

std::uint64_t begin_of_number(std::size_t number, unsigned precision) noexcept {
  const std::uint64_t parts = std::uint64_t{1} << precision;
  if (number < parts) return number;
  return (parts + number % parts) << (number / parts - 1);
}

}  // namespace

HistogramConfig::HistogramConfig(Logarithmic bounds) : count_(0) {
  if (bounds.min <= Duration::zero() || bounds.max < bounds.min) {
    fail("a logarithmic histogram goes from a duration above zero to one that is not less");
  }
  if (!(bounds.error > 0.0 && bounds.error <= 1.0)) fail("a histogram's error is a part: above 0, at most 1");
  for (double error = 1.0; error > bounds.error; error /= 2) ++precision_;
  if (precision_ > 10) fail("a histogram's error below 1/1024 takes more buckets than anybody reads");
  first_ = number_of(static_cast<std::uint64_t>(bounds.min.count()), precision_);
  count_ = number_of(static_cast<std::uint64_t>(bounds.max.count()), precision_) - first_ + 1;
}

HistogramConfig HistogramConfig::linear(Duration width, std::size_t buckets) {
  if (width < std::chrono::nanoseconds(1) || buckets == 0) fail("a linear histogram has a bucket, of 1 ns at least");
  return {static_cast<std::uint64_t>(width.count()), buckets};
}

std::size_t HistogramConfig::bucket_of(Duration duration) const noexcept {
  const auto value = static_cast<std::uint64_t>(std::max(duration, Duration::zero()).count());
  const std::size_t number = width_ != 0 ? value / width_ : number_of(value, precision_);
  return std::min(number - std::min(number, first_), count_ - 1);
}

HistogramRange HistogramConfig::range(std::size_t bucket) const noexcept {
  if (bucket >= count_) fail("a histogram was asked for a bucket that is not there; see its number of buckets");
  const Duration from = bucket == 0 ? Duration::zero() : Duration(begin_of(bucket));
  return {from, bucket + 1 == count_ ? Duration::max() : Duration(begin_of(bucket + 1))};
}

std::uint64_t HistogramConfig::begin_of(std::size_t bucket) const noexcept {
  return width_ != 0 ? bucket * width_ : begin_of_number(first_ + bucket, precision_);
}

}  // namespace rondeau::base
