#include "top/look.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <rondeau/json/read.h>

namespace rondeau::tool::top {
namespace {

template <class T>
Outcome<T> read(std::string_view json, std::string_view page) {
  auto value = json::parse<T>(json);
  if (!value)
    return fail(std::string(page) + " says something else than a service of Rondeau would: " + value.error().message());
  return *std::move(value);
}

/// One line of /metrics: `name{label="value",…} 3.5`.
struct Sample {
  std::string_view name;
  std::map<std::string, std::string, std::less<>> labels;
  double value = 0;

  std::string label(std::string_view which) const {
    const auto found = labels.find(which);
    return found == labels.end() ? std::string() : found->second;
  }
};

std::optional<double> number(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// Takes `label="value",…}` off the front. False where it is something else.
bool take_labels(std::string_view& text, Sample& sample) {
  while (!text.starts_with('}')) {
    const std::size_t equals = text.find("=\"");
    if (equals == std::string_view::npos) return false;
    const std::string name(text.substr(0, equals));
    text.remove_prefix(equals + 2);
    std::string value;
    while (!text.empty() && text.front() != '"') {
      if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);  // \n is of no use to us
      value += text.front();
      text.remove_prefix(1);
    }
    if (text.empty()) return false;
    text.remove_prefix(1);
    if (text.starts_with(',')) text.remove_prefix(1);
    sample.labels.emplace(name, std::move(value));
  }
  text.remove_prefix(1);
  return true;
}

std::optional<Sample> sample_in(std::string_view line) {
  Sample sample;
  const std::size_t end = line.find_first_of("{ ");
  if (line.starts_with('#') || end == std::string_view::npos) return std::nullopt;
  sample.name = line.substr(0, end);
  line.remove_prefix(end);
  if (line.starts_with('{')) {
    line.remove_prefix(1);
    if (!take_labels(line, sample)) return std::nullopt;
  }
  if (!line.starts_with(' ')) return std::nullopt;
  line.remove_prefix(1);
  const auto value = number(line.substr(0, line.find(' ')));
  if (!value) return std::nullopt;
  sample.value = *value;
  return sample;
}

void add(Counts& counts, const Sample& sample) {
  constexpr std::string_view kDuration = "http_server_request_duration_seconds";
  if (sample.name == "process_start_time_seconds") counts.started = sample.value;
  if (sample.name == "target_info") {
    counts.service = sample.label("service_name");
    counts.version = sample.label("service_version");
  }
  if (!sample.name.starts_with(kDuration)) return;
  RouteCounts& route = counts.routes[{sample.label("http_request_method"), sample.label("http_route")}];
  const std::string_view what = sample.name.substr(kDuration.size());
  if (what == "_count") {
    route.requests += sample.value;
    if (sample.label("http_response_status_code").starts_with('5')) route.failed += sample.value;
  }
  if (const auto bound = number(sample.label("le")); what == "_bucket" && bound && std::isfinite(*bound)) {
    route.within[*bound] += sample.value;
  }
}

}  // namespace

Outcome<Figures> read_figures(std::string_view json) {
  return read<Figures>(json, "/admin/runtime");
}
Outcome<Tasks> read_tasks(std::string_view json) {
  return read<Tasks>(json, "/admin/tasks");
}
Outcome<Connections> read_connections(std::string_view json) {
  return read<Connections>(json, "/admin/connections");
}

Counts read_counts(std::string_view text) {
  Counts counts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const auto sample = sample_in(text.substr(0, end))) add(counts, *sample);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return counts;
}

std::string short_name(const std::optional<Place>& place) {
  if (!place || place->line == 0) return {};
  return place->file.substr(place->file.find_last_of('/') + 1) + ":" + std::to_string(place->line);
}

}  // namespace rondeau::tool::top
