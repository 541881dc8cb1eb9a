#include <rondeau/observe/metrics.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <functional>

#include <rondeau/base/assert.h>
#include <rondeau/observe/log.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/utf8.h>

namespace rondeau::observe {
namespace {

constexpr std::size_t kSlots = std::bit_ceil(2 * MetricFamily::kMaxSeries);

bool is_name(std::string_view name) noexcept {
  return !name.empty() && !text::is_digit(name[0]) && std::ranges::all_of(name, [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == ':';
  });
}
bool is_label(std::string_view name) noexcept {
  return is_name(name) && name.find(':') == std::string_view::npos && !name.starts_with("__");
}

/// The format is UTF-8; what is none becomes U+FFFD.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  while (!text.empty()) {
    const std::size_t valid = text::valid_utf8_prefix(text);
    for (const char c : text.substr(0, valid)) {
      if (c == '\\') {
        out += "\\\\";
      } else if (c == '\n') {
        out += "\\n";
      } else if (c == '"' && quotes) {
        out += "\\\"";
      } else {
        out += c;
      }
    }
    text.remove_prefix(valid);
    if (text.empty()) return;
    out += "\xef\xbf\xbd";
    text.remove_prefix(1);
  }
}

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    return;
  }
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

template <class Number>
void append_line(std::string& out, std::string_view name, std::string_view suffix, std::string_view labels,
                 Number value) {
  out.append(name).append(suffix);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out += ' ';
  if constexpr (std::is_floating_point_v<Number>) {
    append_number(out, value);
  } else {
    out += std::to_string(value);
  }
  out += '\n';
}

std::size_t hash_of(std::span<const std::string_view> values) noexcept {
  std::size_t hash = 0;
  for (const std::string_view value : values) hash = std::rotl(hash, 5) * 31 ^ std::hash<std::string_view>()(value);
  return hash;
}

}  // namespace

std::size_t metric::part_of_this_thread() noexcept {
  static std::atomic<std::size_t> next{0};  // relaxed: any number does
  thread_local const std::size_t part = next.fetch_add(1, std::memory_order_relaxed) % kParts;
  return part;
}

std::uint64_t Counter::value() const noexcept {
  std::uint64_t sum = 0;
  for (const Part& part : parts_) sum += part.value.load(std::memory_order_relaxed);
  return sum;
}
void Counter::render(std::string& out, std::string_view name, std::string_view labels) const {
  append_line(out, name, "", labels, value());
}

void Gauge::render(std::string& out, std::string_view name, std::string_view labels) const {
  append_line(out, name, "", labels, value());
}

Histogram::Histogram(std::span<const double> bounds) : bounds_(bounds) {
  for (Part& part : parts_) part.counts = std::make_unique<std::atomic<std::uint64_t>[]>(bounds.size() + 1);
}
void Histogram::observe(double value) noexcept {
  const auto bucket = static_cast<std::size_t>(std::ranges::lower_bound(bounds_, value) - bounds_.begin());
  Part& part = parts_[metric::part_of_this_thread()];
  part.counts[bucket].fetch_add(1, std::memory_order_relaxed);
  part.sum.fetch_add(value, std::memory_order_relaxed);
}
std::uint64_t Histogram::count_of(std::size_t bucket) const noexcept {
  std::uint64_t sum = 0;
  for (const Part& part : parts_) sum += part.counts[bucket].load(std::memory_order_relaxed);
  return sum;
}
std::uint64_t Histogram::count() const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t bucket = 0; bucket <= bounds_.size(); ++bucket) sum += count_of(bucket);
  return sum;
}
void Histogram::render(std::string& out, std::string_view name, std::string_view labels) const {
  std::uint64_t below = 0;
  std::string with_bound;
  for (std::size_t bucket = 0; bucket <= bounds_.size(); ++bucket) {
    below += count_of(bucket);
    with_bound.assign(labels).append(labels.empty() ? "le=\"" : ",le=\"");
    append_number(with_bound, bucket < bounds_.size() ? bounds_[bucket] : HUGE_VAL);
    with_bound += '"';
    append_line(out, name, "_bucket", with_bound, below);
  }
  double sum = 0;
  for (const Part& part : parts_) sum += part.sum.load(std::memory_order_relaxed);
  append_line(out, name, "_sum", labels, sum);
  append_line(out, name, "_count", labels, below);  // as the buckets say: the page fits together
}

struct MetricFamily::Series {
  std::size_t hash;
  std::vector<std::string> values;
  std::unique_ptr<Metric> metric;
};

MetricFamily::MetricFamily(Kind kind, std::string name, std::string help, std::vector<std::string> labels,
                           std::vector<double> bounds)
    : kind_(kind),
      name_(std::move(name)),
      help_(std::move(help)),
      labels_(std::move(labels)),
      bounds_(std::move(bounds)),
      slots_(std::make_unique<std::atomic<Series*>[]>(kSlots)) {
  const bool good = is_name(name_) && std::ranges::all_of(labels_, is_label) && std::ranges::is_sorted(bounds_) &&
                    std::ranges::find(labels_, "le") == labels_.end();
  if (!good) base::fail("a metric's name, label or bounds are not what Prometheus takes");
}
MetricFamily::~MetricFamily() = default;

std::unique_ptr<Metric> MetricFamily::make() const {
  switch (kind_) {
    case Kind::Counter:
      return std::make_unique<Counter>();
    case Kind::Gauge:
      return std::make_unique<Gauge>();
    default:
      return std::make_unique<Histogram>(bounds_);
  }
}

/// The series, or null and the slot where it would be.
MetricFamily::Series* MetricFamily::look_up(std::size_t hash, std::span<const std::string_view> values,
                                            std::size_t& free_slot) const noexcept {
  for (std::size_t slot = hash % kSlots;; slot = (slot + 1) % kSlots) {
    Series* series = slots_[slot].load(std::memory_order_acquire);  // pairs with the store in find()
    if (series == nullptr) return free_slot = slot, nullptr;
    if (series->hash == hash && std::ranges::equal(series->values, values)) return series;
  }
}

Metric& MetricFamily::find(std::span<const std::string_view> values) {
  if (values.size() != labels_.size()) base::fail("a metric is given a value for each of its labels");
  const std::size_t hash = hash_of(values);
  std::size_t slot = 0;
  if (Series* known = look_up(hash, values, slot)) return *known->metric;
  if (Metric* shared = overflowing_.load(std::memory_order_acquire)) return *shared;
  const std::lock_guard lock(mutex_);
  if (Series* known = look_up(hash, values, slot)) return *known->metric;
  if (all_.size() < kMaxSeries) {
    auto made = std::make_unique<Series>(Series{hash, {values.begin(), values.end()}, make()});
    Series& series = *all_.emplace_back(std::move(made));
    slots_[slot].store(&series, std::memory_order_release);
    count_.store(all_.size(), std::memory_order_relaxed);
    return *series.metric;
  }
  if (overflow_ == nullptr) {
    overflow_ = make();
    overflowing_.store(overflow_.get(), std::memory_order_release);
    log::write(log::Level::Warn, "metrics", "too many series: further ones are counted together",
               {{"metric", name_}, {"series", kMaxSeries}});
  }
  return *overflow_;
}

void MetricFamily::render(std::string& out) const {
  const std::lock_guard lock(mutex_);
  if (all_.empty()) return;
  constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram"};
  out.append("# HELP ").append(name_).append(" ");
  append_escaped(out, help_, false);
  out.append("\n# TYPE ").append(name_).append(" ").append(kTypes[static_cast<std::size_t>(kind_)]).append("\n");
  std::string labels;
  for (const auto& series : all_) {
    labels.clear();
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (series->values[i].empty()) continue;  // the same as none
      labels.append(labels.empty() ? "" : ",").append(labels_[i]).append("=\"");
      append_escaped(labels, series->values[i], true);
      labels += '"';
    }
    series->metric->render(out, name_, labels);
  }
  if (overflow_ != nullptr) overflow_->render(out, name_, "otel_metric_overflow=\"true\"");
}

Registry::Registry() = default;
Registry::~Registry() = default;

template <class T>
Family<T>& Registry::add(MetricFamily::Kind kind, std::string name, std::string help, std::vector<std::string> labels,
                         std::span<const double> bounds) {
  std::vector<double> own(bounds.begin(), bounds.end());
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::lower_bound(families_, name, {},
                                           [](const auto& family) -> const std::string& { return family->name(); });
  if (at != families_.end() && (*at)->name() == name) {
    if (!(*at)->is_like(kind, labels, own))
      base::fail("a metric of that name has another kind, other labels or other bounds");
    return static_cast<Family<T>&>(**at);
  }
  auto made = std::make_unique<Family<T>>(kind, std::move(name), std::move(help), std::move(labels), std::move(own));
  return static_cast<Family<T>&>(**families_.insert(at, std::move(made)));
}

Family<Counter>& Registry::counter(std::string name, std::string help, std::vector<std::string> labels) {
  return add<Counter>(MetricFamily::Kind::Counter, std::move(name), std::move(help), std::move(labels), {});
}
Family<Gauge>& Registry::gauge(std::string name, std::string help, std::vector<std::string> labels) {
  return add<Gauge>(MetricFamily::Kind::Gauge, std::move(name), std::move(help), std::move(labels), {});
}
Family<Histogram>& Registry::histogram(std::string name, std::string help, std::vector<std::string> labels,
                                       std::span<const double> bounds) {
  return add<Histogram>(MetricFamily::Kind::Histogram, std::move(name), std::move(help), std::move(labels), bounds);
}

void Samples::counter(std::string_view name, std::string_view help, double value, Labels labels) {
  add("counter", name, help, value, labels);
}
void Samples::gauge(std::string_view name, std::string_view help, double value, Labels labels) {
  add("gauge", name, help, value, labels);
}

void Samples::add(std::string_view kind, std::string_view name, std::string_view help, double value, Labels labels) {
  std::string text;
  for (const Label& label : labels) {
    if (!is_label(label.name)) base::fail("a sample's label is not what Prometheus takes");
    if (label.value.empty()) continue;  // the same as none
    text.append(text.empty() ? "" : ",").append(label.name).append("=\"");
    append_escaped(text, label.value, true);
    text += '"';
  }
  auto found = texts_.find(name);
  if (found == texts_.end()) {
    if (!is_name(name)) base::fail("a sample's name is not what Prometheus takes");
    std::string head = "# HELP " + std::string(name) + " ";
    append_escaped(head, help, false);
    head.append("\n# TYPE ").append(name).append(" ").append(kind).append("\n");
    found = texts_.emplace(name, std::move(head)).first;
  }
  append_line(found->second, name, "", text, value);
}

void Registry::collect(std::function<void(Samples&)> collector) {
  const std::lock_guard lock(mutex_);
  collectors_.push_back(std::make_shared<const std::function<void(Samples&)>>(std::move(collector)));
}

std::string Registry::render() const {
  // Collectors may use the registry themselves, so they are asked without the lock.
  std::vector<std::shared_ptr<const std::function<void(Samples&)>>> collectors;
  {
    const std::lock_guard lock(mutex_);
    collectors = collectors_;
  }
  Samples samples;
  for (const auto& collector : collectors) (*collector)(samples);
  std::string out;
  const std::lock_guard lock(mutex_);
  auto sample = samples.texts_.cbegin();
  for (const auto& family : families_) {
    for (; sample != samples.texts_.cend() && sample->first < family->name(); ++sample) out += sample->second;
    if (sample != samples.texts_.cend() && sample->first == family->name()) ++sample;
    family->render(out);
  }
  for (; sample != samples.texts_.cend(); ++sample) out += sample->second;
  return out;
}

}  // namespace rondeau::observe
