// Metrics: counters, gauges and histograms, and the page that Prometheus reads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rondeau::observe {

/// What one series counts. Recording takes no lock and never waits. Thread safety: any thread.
class Metric {
 public:
  virtual ~Metric() = default;
  /// Appends the series' lines; `labels` is `a="1",b="2"`, or empty.
  virtual void render(std::string& out, std::string_view name, std::string_view labels) const = 0;
};

namespace metric {
/// Threads write to parts of their own, as far as there are enough, so that they do not fight for a cache line.
inline constexpr std::size_t kParts = 8;
std::size_t part_of_this_thread() noexcept;
}  // namespace metric

/// Only grows.
class Counter final : public Metric {
 public:
  void add(std::uint64_t more = 1) noexcept {
    parts_[metric::part_of_this_thread()].value.fetch_add(more, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept;
  void render(std::string& out, std::string_view name, std::string_view labels) const override;

 private:
  // Written by threads, read by the page: a sum of some recent moment is as good as another.
  struct alignas(64) Part {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Part, metric::kParts> parts_;
};

/// Goes up and down.
class Gauge final : public Metric {
 public:
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t more) noexcept { value_.fetch_add(more, std::memory_order_relaxed); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }
  void render(std::string& out, std::string_view name, std::string_view labels) const override;

 private:
  std::atomic<std::int64_t> value_{0};
};

/// How many values lie below each of some bounds.
class Histogram final : public Metric {
 public:
  /// `bounds` rise, and outlive it.
  explicit Histogram(std::span<const double> bounds);

  void observe(double value) noexcept;
  std::uint64_t count() const noexcept;
  void render(std::string& out, std::string_view name, std::string_view labels) const override;

 private:
  struct alignas(64) Part {
    std::unique_ptr<std::atomic<std::uint64_t>[]> counts;  ///< by bucket, not cumulative; the last has no bound
    std::atomic<double> sum{0};
  };
  std::uint64_t count_of(std::size_t bucket) const noexcept;

  std::span<const double> bounds_;
  std::array<Part, metric::kParts> parts_;
};

/// Seconds, as OpenTelemetry advises for the duration of requests.
inline constexpr std::array<double, 14> kDurationBounds{.005, .01, .025, .05, .075, .1,  .25,
                                                        .5,   .75, 1,    2.5, 5,    7.5, 10};
/// Bytes.
inline constexpr std::array<double, 7> kSizeBounds{100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

/// All series of one name. See Family.
class MetricFamily {
 public:
  static constexpr std::size_t kMaxSeries = 2000;

  enum class Kind : std::uint8_t { Counter, Gauge, Histogram };
  MetricFamily(Kind kind, std::string name, std::string help, std::vector<std::string> labels,
               std::vector<double> bounds);
  MetricFamily(const MetricFamily&) = delete;
  MetricFamily& operator=(const MetricFamily&) = delete;
  virtual ~MetricFamily();

  const std::string& name() const noexcept { return name_; }
  std::size_t series() const noexcept { return count_.load(std::memory_order_relaxed); }
  bool is_like(Kind kind, const std::vector<std::string>& labels, const std::vector<double>& bounds) const noexcept {
    return kind == kind_ && labels == labels_ && bounds == bounds_;
  }
  void render(std::string& out) const;

 protected:
  Metric& find(std::span<const std::string_view> values);

 private:
  struct Series;
  Series* look_up(std::size_t hash, std::span<const std::string_view> values, std::size_t& free_slot) const noexcept;
  std::unique_ptr<Metric> make() const;

  const Kind kind_;
  const std::string name_;
  const std::string help_;
  const std::vector<std::string> labels_;
  const std::vector<double> bounds_;
  // Slots are filled once, by who holds the mutex, and released to those who look without it.
  std::unique_ptr<std::atomic<Series*>[]> slots_;
  std::atomic<std::size_t> count_{0};
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Series>> all_;  // guarded by mutex_
  std::unique_ptr<Metric> overflow_;          // guarded by mutex_ until made
  std::atomic<Metric*> overflowing_{nullptr};
};

/// `orders.with({"book"}).add();`
///
/// Each combination of values is a series; above 2,000 of them the further ones are counted together, under
/// `otel_metric_overflow="true"`, which is logged once. So a label may take what a client says, but then it is of
/// little use.
template <class T>
class Family final : public MetricFamily {
 public:
  using MetricFamily::MetricFamily;
  /// The series of these values, one for each label, in their order; else it aborts. Lifetime: the registry's, so that
  /// it may be kept. A series that is there already is found without a lock.
  T& with(std::initializer_list<std::string_view> values) {
    return static_cast<T&>(find({values.begin(), values.size()}));
  }
};

/// What is counted elsewhere, for one page: a value for each series. See Registry::collect().
class Samples {
 public:
  struct Label {
    std::string_view name;
    std::string_view value;
  };
  using Labels = std::initializer_list<Label>;

  /// Of one name all have the same kind and help. A name or label that Prometheus does not take aborts.
  void counter(std::string_view name, std::string_view help, double value, Labels labels = {});
  void gauge(std::string_view name, std::string_view help, double value, Labels labels = {});

 private:
  friend class Registry;
  void add(std::string_view kind, std::string_view name, std::string_view help, double value, Labels labels);

  std::map<std::string, std::string, std::less<>> texts_;  // by name
};

/// Where families are kept and read out.
///
/// Asking twice for one name gives the same family; with another kind, labels or bounds it aborts, and so it does for a
/// name or label that Prometheus does not take. Counters end with `_total` by its custom. Thread safety: any thread.
/// Lifetime: outlives what it gave out.
class Registry {
 public:
  Registry();
  ~Registry();

  Family<Counter>& counter(std::string name, std::string help, std::vector<std::string> labels = {});
  Family<Gauge>& gauge(std::string name, std::string help, std::vector<std::string> labels = {});
  Family<Histogram>& histogram(std::string name, std::string help, std::vector<std::string> labels = {},
                               std::span<const double> bounds = kDurationBounds);

  /// Asked each time a page is made, on whichever thread makes it, several at once maybe: what it tells stands among the
  /// families. A name that a family has as well is left out. What it uses has to outlive the registry.
  void collect(std::function<void(Samples&)> collector);

  /// All of it as text of Prometheus's format 0.0.4, families by name.
  std::string render() const;

 private:
  template <class T>
  Family<T>& add(MetricFamily::Kind kind, std::string name, std::string help, std::vector<std::string> labels,
                 std::span<const double> bounds);

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<MetricFamily>> families_;  // guarded by mutex_; sorted by name
  std::vector<std::shared_ptr<const std::function<void(Samples&)>>> collectors_;  // guarded by mutex_
};

}  // namespace rondeau::observe
