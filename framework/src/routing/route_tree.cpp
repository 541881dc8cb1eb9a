#include "routing/route_tree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include <rondeau/base/assert.h>

namespace rondeau::routing {
namespace {

static_assert(std::endian::native == std::endian::little, "segments are read as little-endian words");

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighBits = 0x8080808080808080;
constexpr std::uint64_t kSlashes = kOnes * '/';
constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;

/// Eight bytes from `at`, zeros behind the end. `text` begins at most eight bytes before its own memory's start only
/// when it is shorter than a word, which is read byte by byte.
std::uint64_t load_word(std::string_view text, std::size_t at) noexcept {
  std::uint64_t word = 0;
  const std::size_t left = text.size() - at;
  if (left >= 8) {
    std::memcpy(&word, text.data() + at, 8);
    return word;
  }
  if (left == 0) return 0;
  if (text.size() >= 8) {
    // The last word of the text, moved down: no byte outside of the text is read.
    std::memcpy(&word, text.data() + text.size() - 8, 8);
    return word >> (8 * (8 - left));
  }
  for (std::size_t i = 0; i < left; ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(text[at + i])} << (8 * i);
  }
  return word;
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) noexcept {
  hash = (hash ^ word) * kFactor;
  return hash ^ (hash >> 32);
}

int hex_value(char c) noexcept {
  return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/// The byte at `at` of a path, decoded; `width` is how many bytes stand for it.
char decoded_at(std::string_view raw, std::size_t at, std::size_t& width) noexcept {
  if (raw[at] != '%' || at + 2 >= raw.size()) return width = 1, raw[at];
  return width = 3, static_cast<char>(hex_value(raw[at + 1]) * 16 + hex_value(raw[at + 2]));
}

constexpr std::size_t kNoMatch = ~std::size_t{0};

/// How many bytes of `raw` stand for `prefix`.
std::size_t skip_prefix(std::string_view raw, std::string_view prefix) noexcept {
  std::size_t at = 0;
  for (char expected : prefix) {
    std::size_t width = 0;
    if (at == raw.size() || decoded_at(raw, at, width) != expected) return kNoMatch;
    at += width;
  }
  return at;
}

/// The same from the end.
std::size_t skip_suffix(std::string_view raw, std::string_view suffix) noexcept {
  std::size_t end = raw.size();
  for (std::size_t i = suffix.size(); i-- > 0;) {
    if (end == 0) return kNoMatch;
    // A '%' always has two digits behind it, so one that stands three from the end begins an escape.
    const std::size_t at = end >= 3 && raw[end - 3] == '%' ? end - 3 : end - 1;
    std::size_t width = 0;
    if (decoded_at(raw, at, width) != suffix[i]) return kNoMatch;
    end = at;
  }
  return raw.size() - end;
}

std::uint64_t start_hash(std::uint32_t node) noexcept {
  return node * 0xd6e8feb86659fd93;
}

}  // namespace

/// One segment of a path: where it ends, and its hash under a node.
struct RouteTree::Segment {
  std::size_t length = 0;
  std::uint64_t first_bytes = 0;
  std::uint64_t hash = 0;

  /// Reads from `at` to the next slash or the end. Inlined: it is most of a search.
  [[gnu::always_inline]] Segment(std::uint32_t node, std::string_view path, std::size_t at) noexcept
      : hash(start_hash(node)) {
    const std::size_t begin = at;
    while (true) {
      std::uint64_t word = load_word(path, at);
      const std::uint64_t difference = word ^ kSlashes;
      // The lowest bit that is set marks the first slash; what is above it may be wrong.
      const std::uint64_t slash = (difference - kOnes) & ~difference & kHighBits;
      std::size_t bytes = std::min<std::size_t>(8, path.size() - at);
      if (slash != 0) {
        bytes = static_cast<std::size_t>(std::countr_zero(slash)) / 8;
        word &= (std::uint64_t{1} << (8 * bytes)) - 1;  // fewer than eight
      }
      hash = mix(hash, word);
      if (at == begin) first_bytes = word;
      at += bytes;
      if (bytes < 8) break;
    }
    length = at - begin;
  }
};

/// A node with choices left, and where the search stood when it came there.
struct RouteTree::Choice {
  std::uint32_t node;
  std::uint32_t at;
  std::uint32_t next;  // affixes by number, then the parameter, then the wildcard
  std::uint32_t parameters;
};

std::uint32_t& RouteTree::insert(std::string_view pattern) {
  if (drafts_.empty()) add_node();
  std::uint32_t node = 0;
  PatternSegment segment;
  PatternError error = PatternError::None;
  while (next_segment(pattern, segment, error)) node = child_for(node, segment);
  RONDEAU_ASSERT(error == PatternError::None);
  return drafts_[node].value;
}

std::uint32_t RouteTree::add_node() {
  drafts_.emplace_back();
  return static_cast<std::uint32_t>(drafts_.size() - 1);
}

std::uint32_t RouteTree::child_for(std::uint32_t node, const PatternSegment& segment) {
  using Kind = PatternSegment::Kind;
  if (segment.kind == Kind::Parameter || segment.kind == Kind::Wildcard) {
    const auto place = segment.kind == Kind::Parameter ? &DraftNode::parameter : &DraftNode::wildcard;
    if (drafts_[node].*place == kNone) {
      const std::uint32_t child = add_node();
      drafts_[node].*place = child;
    }
    return drafts_[node].*place;
  }
  if (segment.kind == Kind::Static) {
    for (auto& [text, child] : drafts_[node].statics) {
      if (text == segment.prefix) return child;
    }
    const std::uint32_t child = add_node();
    drafts_[node].statics.emplace_back(segment.prefix, child);
    return child;
  }
  for (const DraftAffix& affix : drafts_[node].affixes) {
    if (affix.prefix == segment.prefix && affix.suffix == segment.suffix) return affix.child;
  }
  const std::uint32_t child = add_node();
  drafts_[node].affixes.push_back({std::string(segment.prefix), std::string(segment.suffix), child});
  return child;
}

void RouteTree::freeze() {
  if (drafts_.empty()) add_node();
  std::size_t statics = 0;
  for (const DraftNode& draft : drafts_) statics += draft.statics.size();
  edges_.assign(std::bit_ceil(statics * 2 + 1), Edge{});
  edge_mask_ = edges_.size() - 1;
  for (std::uint32_t i = 0; i < drafts_.size(); ++i) {
    DraftNode& draft = drafts_[i];
    for (const auto& [text, child] : draft.statics) place(i, text, child);
    // Longer prefixes first, then longer suffixes: the order of registration does not matter.
    std::ranges::sort(draft.affixes, [](const DraftAffix& left, const DraftAffix& right) {
      if (left.prefix.size() != right.prefix.size()) return left.prefix.size() > right.prefix.size();
      return left.suffix.size() > right.suffix.size();
    });
    Node node{.value = draft.value,
              .parameter = draft.parameter,
              .wildcard_value = draft.wildcard == kNone ? kNone : drafts_[draft.wildcard].value,
              .first_affix = static_cast<std::uint32_t>(affixes_.size()),
              .affix_count = static_cast<std::uint32_t>(draft.affixes.size())};
    node.has_statics = !draft.statics.empty();
    node.has_choices = node.affix_count > 0 || node.parameter != kNone || node.wildcard_value != kNone;
    for (const DraftAffix& affix : draft.affixes) {
      affixes_.push_back({static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint8_t>(affix.prefix.size()),
                          static_cast<std::uint8_t>(affix.suffix.size()), affix.child});
      texts_ += affix.prefix + affix.suffix;
    }
    nodes_.push_back(node);
  }
  for (const auto& [text, child] : drafts_[0].statics) {
    if (text.empty()) slash_value_ = drafts_[child].value;
  }
  drafts_.clear();
}

void RouteTree::place(std::uint32_t parent, std::string_view text, std::uint32_t child) {
  const Segment segment(parent, text, 0);
  std::uint64_t at = segment.hash & edge_mask_;
  while (edges_[at].parent != kNone) at = (at + 1) & edge_mask_;
  edges_[at] = {segment.first_bytes, parent, child, static_cast<std::uint32_t>(texts_.size()),
                static_cast<std::uint32_t>(text.size())};
  texts_ += text;
}

std::uint32_t RouteTree::find_static(std::uint32_t node, const Segment& segment, const char* text) const noexcept {
  for (std::uint64_t at = segment.hash & edge_mask_;; at = (at + 1) & edge_mask_) {
    const Edge& edge = edges_[at];
    if (edge.parent == kNone) return kNone;
    if (edge.parent != node || edge.first_bytes != segment.first_bytes || edge.length != segment.length) continue;
    if (edge.length <= 8 || std::memcmp(texts_.data() + edge.text + 8, text + 8, edge.length - 8) == 0) {
      return edge.child;
    }
  }
}

/// The same for a segment with escapes in it.
std::uint32_t RouteTree::find_decoded(std::uint32_t node, std::string_view raw) const noexcept {
  std::array<char, kMaxSegmentText> decoded;
  std::size_t length = 0;
  for (std::size_t at = 0, width = 0; at < raw.size(); at += width) {
    if (length == decoded.size()) return kNone;
    decoded[length] = decoded_at(raw, at, width);
    if (decoded[length] == '/') return kNone;  // no segment of a pattern has one
    ++length;
  }
  const std::string_view text(decoded.data(), length);
  return find_static(node, Segment(node, text, 0), text.data());
}

/// Where a search stands: at a segment under a node, or, once its length is known, behind it.
struct RouteTree::Search {
  std::string_view path;
  http::RouteMatch& match;
  std::uint32_t child = kNone;
  std::uint32_t parameters = 0;
  std::size_t at = 1;
  std::size_t length = 0;
  std::size_t choice_count = 0;
  std::array<Choice, kMaxSegments> choices;  // not initialised: one for each segment at most

  Search(std::string_view text, http::RouteMatch& result) noexcept : path(text), match(result) {}

  void remember(std::uint32_t node, std::uint32_t next) noexcept {
    choices[choice_count++] = {node, static_cast<std::uint32_t>(at), next, parameters};
  }
  void take(std::size_t offset, std::size_t size) noexcept {
    match.parameters[parameters++] = {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size)};
  }
};

std::uint32_t RouteTree::find(std::string_view path, http::RouteMatch& match) const noexcept {
  if (path.size() == 1) {
    // `/`, the one path that every service has: only its own pattern matches it.
    match.parameter_count = 0;
    return slash_value_;
  }
  const bool has_escapes = path.find('%') != std::string_view::npos;
  const Node* const nodes = nodes_.data();
  Search search(path, match);
  std::uint32_t node = 0;
  while (true) {
    const Node& here = nodes[node];
    const char* const text = path.data() + search.at;
    if (here.has_statics) {
      const Segment segment(node, path, search.at);
      search.length = segment.length;
      search.child = !has_escapes || std::memchr(text, '%', segment.length) == nullptr
                         ? find_static(node, segment, text)
                         : find_decoded(node, {text, segment.length});
    } else {
      search.length = std::min(path.find('/', search.at), path.size()) - search.at;
      search.child = kNone;
    }
    if (search.child != kNone) {
      if (here.has_choices) search.remember(node, 0);
    } else if (here.affix_count == 0 && here.parameter != kNone && search.length != 0) {
      // The usual choice, without a detour: nothing but a wildcard could come after it.
      if (here.wildcard_value != kNone) search.remember(node, 1);
      search.take(search.at, search.length);
      search.child = here.parameter;
    } else if (here.has_choices) {
      search.remember(node, 0);
    }
    const bool last = search.at + search.length == path.size();
    if (search.child == kNone || (last && nodes[search.child].value == kNone)) {
      if (const std::uint32_t value = choose(search); value != kNone || search.child == kNone) return value;
    }
    search.at += search.length;
    if (search.at == path.size()) {
      match.parameter_count = search.parameters;
      return nodes[search.child].value;
    }
    ++search.at;
    node = search.child;
  }
}

/// Goes to the next choice of the last node that has one. Gives the value of a wildcard, which ends the search; or
/// kNone with the search in a child, or in none when there is nothing left.
std::uint32_t RouteTree::choose(Search& search) const noexcept {
  const std::string_view path = search.path;
  search.child = kNone;
  while (search.choice_count != 0) {
    Choice& choice = search.choices[search.choice_count - 1];
    const Node& from = nodes_[choice.node];
    search.at = choice.at;
    search.parameters = choice.parameters;
    const std::size_t end = path.find('/', search.at);
    search.length = (end == std::string_view::npos ? path.size() : end) - search.at;
    const std::uint32_t next = choice.next++;
    if (next < from.affix_count) {
      const Affix& affix = affixes_[from.first_affix + next];
      const std::string_view text = path.substr(search.at, search.length);
      const std::string_view around(texts_.data() + affix.text, affix.prefix_length + affix.suffix_length);
      const std::size_t front = skip_prefix(text, around.substr(0, affix.prefix_length));
      if (front == kNoMatch) continue;
      const std::size_t back = skip_suffix(text.substr(front), around.substr(affix.prefix_length));
      if (back == kNoMatch || front + back >= search.length) continue;
      search.take(search.at + front, search.length - front - back);
      search.child = affix.child;
    } else if (next == from.affix_count) {
      if (from.parameter == kNone || search.length == 0) continue;
      search.take(search.at, search.length);
      search.child = from.parameter;
    } else {
      --search.choice_count;
      if (from.wildcard_value == kNone || search.at == path.size()) continue;
      search.take(search.at, path.size() - search.at);
      search.match.parameter_count = search.parameters;
      return from.wildcard_value;
    }
    const bool last = search.at + search.length == path.size();
    if (!last || nodes_[search.child].value != kNone) return kNone;
    search.child = kNone;
  }
  return kNone;
}

}  // namespace rondeau::routing
