// The naive matcher that the route tree is held against: every pattern against the path, the best one by comparing
// segment by segment.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/routing/pattern.h>
#include <rondeau/text/percent.h>

#include "routing/route_tree.h"

namespace support {

namespace http = rondeau::http;
namespace text = rondeau::text;
using rondeau::routing::next_segment;
using rondeau::routing::PatternError;
using rondeau::routing::PatternSegment;
using rondeau::routing::RouteTree;

/// What a path matches and what its parameters are, decoded.
struct Found {
  std::uint32_t value = RouteTree::kNone;
  std::vector<std::string> parameters;
  bool operator==(const Found&) const = default;
};

struct Tree {
  explicit Tree(const std::vector<std::string>& patterns) {
    for (std::uint32_t i = 0; i < patterns.size(); ++i) tree.insert(patterns[i]) = i;
    tree.freeze();
  }
  Found find(std::string_view path) const {
    http::RouteMatch match;
    Found found{tree.find(path, match), {}};
    if (found.value == RouteTree::kNone) return found;
    for (std::size_t i = 0; i < match.parameter_count; ++i) {
      const http::Slice slice = match.parameters[i];
      found.parameters.push_back(text::percent_decode(path.substr(slice.offset, slice.length)).value());
    }
    return found;
  }
  RouteTree tree;
};

inline std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  for (std::size_t at = 1;;) {
    const std::size_t end = path.find('/', at);
    segments.emplace_back(path.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) return segments;
    at = end + 1;
  }
}

inline std::string decoded(const std::string& raw) {
  return text::percent_decode(raw).value();
}

inline std::vector<PatternSegment> parse(const std::string& pattern) {
  std::vector<PatternSegment> segments;
  std::string_view rest = pattern;
  PatternSegment segment;
  PatternError error = PatternError::None;
  while (next_segment(rest, segment, error)) segments.push_back(segment);
  return segments;
}

inline std::optional<std::vector<std::string>> matches(const std::string& pattern, std::string_view path) {
  using Kind = PatternSegment::Kind;
  const std::vector<PatternSegment> wanted = parse(pattern);
  const std::vector<std::string> given = split(path);
  std::vector<std::string> parameters;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i >= given.size()) return std::nullopt;
    const std::string text = decoded(given[i]);
    const PatternSegment& segment = wanted[i];
    if (segment.kind == Kind::Wildcard) {
      std::string rest = text;
      for (std::size_t j = i + 1; j < given.size(); ++j) rest += "/" + decoded(given[j]);
      if (rest.empty() && given.size() == i + 1) return std::nullopt;
      parameters.push_back(rest);
      return parameters;
    }
    if (segment.kind == Kind::Static) {
      if (text != segment.prefix) return std::nullopt;
      continue;
    }
    if (text.size() <= segment.prefix.size() + segment.suffix.size() || !text.starts_with(segment.prefix) ||
        !text.ends_with(segment.suffix)) {
      return std::nullopt;
    }
    parameters.push_back(
        text.substr(segment.prefix.size(), text.size() - segment.prefix.size() - segment.suffix.size()));
  }
  return wanted.size() == given.size() ? std::optional(parameters) : std::nullopt;
}

/// True when `left` goes before `right`, where both match the same path.
inline bool precedes(const std::string& left, const std::string& right) {
  const std::vector<PatternSegment> a = parse(left);
  const std::vector<PatternSegment> b = parse(right);
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].kind != b[i].kind) return a[i].kind < b[i].kind;
    if (a[i].prefix.size() != b[i].prefix.size()) return a[i].prefix.size() > b[i].prefix.size();
    if (a[i].suffix.size() != b[i].suffix.size()) return a[i].suffix.size() > b[i].suffix.size();
  }
  return false;
}

inline Found find_naively(const std::vector<std::string>& patterns, std::string_view path) {
  Found best;
  for (std::uint32_t i = 0; i < patterns.size(); ++i) {
    const auto parameters = matches(patterns[i], path);
    if (parameters && (best.value == RouteTree::kNone || precedes(patterns[i], patterns[best.value]))) {
      best = {i, *parameters};
    }
  }
  return best;
}

/// The pattern without its names: two with the same shape match the same paths.
inline std::string shape(const std::string& pattern) {
  std::string result;
  for (const PatternSegment& segment : parse(pattern)) {
    result += "/" + std::string(segment.prefix) + (segment.kind == PatternSegment::Kind::Static ? "" : "{}") +
              (segment.kind == PatternSegment::Kind::Wildcard ? "*" : "") + std::string(segment.suffix);
  }
  return result;
}

}  // namespace support
