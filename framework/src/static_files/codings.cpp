#include "static_files/codings.h"

#include <algorithm>
#include <array>
#include <optional>

#include <rondeau/http/quality.h>
#include <rondeau/text/ascii.h>

namespace rondeau::static_files {
namespace {

struct Candidate {
  Coding coding;
  int weight;  // in thousandths; -1: not named
};

bool names(std::string_view element, std::string_view coding) noexcept {
  if (coding.empty()) coding = "identity";
  return text::equals_ignoring_case(element, coding) ||
         (coding == "gzip" && text::equals_ignoring_case(element, "x-gzip"));
}

}  // namespace

std::vector<Coding> acceptable_codings(const http::RequestHeaders& headers) {
  std::array<Candidate, 4> candidates{{{{"br", ".br"}, -1}, {{"zstd", ".zst"}, -1}, {{"gzip", ".gz"}, -1}, {{}, -1}}};
  int others = -1;  // the weight of `*`
  for (const http::HeaderField& field : headers) {
    if (field.id != http::HeaderName::AcceptEncoding) continue;
    text::ListItems items(field.value);
    for (std::string_view element; items.next(element);) {
      const std::string_view name = http::without_parameters(element);
      const std::optional<int> weight = http::weight(element);
      if (!weight) continue;  // whatever it means, it refuses nothing
      if (name == "*") others = *weight;
      for (Candidate& each : candidates) {
        if (names(name, each.coding.name)) each.weight = *weight;
      }
    }
  }
  std::vector<Candidate> taken;  // few, best first
  for (Candidate each : candidates) {
    const bool as_it_is = each.coding.name.empty();
    if (each.weight < 0) each.weight = as_it_is && others != 0 ? 1 : others;
    if (each.weight <= 0) continue;
    const auto place = std::ranges::find_if(taken, [&](const Candidate& other) { return other.weight < each.weight; });
    taken.insert(place, each);
  }
  std::vector<Coding> codings;
  for (const Candidate& each : taken) codings.push_back(each.coding);
  return codings;
}

}  // namespace rondeau::static_files
