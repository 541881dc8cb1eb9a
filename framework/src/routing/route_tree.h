// RouteTree: from a path to the pattern that matches it.
//
// A tree of segments. Static children of all nodes lie in one open-addressed table, found by (node, segment); the rest
// lies in flat arrays, by index. A segment of the path is hashed in the same sweep that looks for its
// end. What is more static is tried first; where it leads nowhere, the search comes back for the next choice of that
// node. Since each edge takes one segment, no node is visited twice and the search is bounded by the size of the tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rondeau/http/request.h>
#include <rondeau/routing/pattern.h>

namespace rondeau::routing {

class RouteTree {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  /// Adds a well-formed pattern and gives the place of its value, kNone at first. Places move with the next insert.
  std::uint32_t& insert(std::string_view pattern);
  /// Ends the building; find() works from now on.
  void freeze();

  /// The value of the pattern that matches `path`, which begins with '/' and whose escapes are well-formed; or kNone.
  /// Leaves the parameters in `match`, as places in `path`. Allocates nothing. Thread safety: any thread.
  std::uint32_t find(std::string_view path, http::RouteMatch& match) const noexcept;

 private:
  struct DraftAffix {
    std::string prefix;
    std::string suffix;
    std::uint32_t child;
  };
  struct DraftNode {
    std::vector<std::pair<std::string, std::uint32_t>> statics;
    std::vector<DraftAffix> affixes;
    std::uint32_t parameter = kNone;
    std::uint32_t wildcard = kNone;
    std::uint32_t value = kNone;
  };

  struct Node {
    std::uint32_t value = kNone;
    std::uint32_t parameter = kNone;       // child
    std::uint32_t wildcard_value = kNone;  // a wildcard ends its pattern, so there is no node
    std::uint32_t first_affix = 0;
    std::uint32_t affix_count = 0;
    bool has_statics = false;
    bool has_choices = false;  // anything but static children
  };
  struct Affix {
    std::uint32_t text;
    std::uint8_t prefix_length;
    std::uint8_t suffix_length;
    std::uint32_t child;
  };
  // A static child. Eight bytes decide most comparisons; `text` has the rest.
  struct Edge {
    std::uint64_t first_bytes = 0;
    std::uint32_t parent = kNone;
    std::uint32_t child = kNone;
    std::uint32_t text = 0;
    std::uint32_t length = 0;
  };
  struct Segment;
  struct Choice;
  struct Search;

  std::uint32_t add_node();
  std::uint32_t child_for(std::uint32_t node, const PatternSegment& segment);
  void place(std::uint32_t parent, std::string_view text, std::uint32_t child);
  std::uint32_t choose(Search& search) const noexcept;
  [[gnu::always_inline]] std::uint32_t find_static(std::uint32_t node, const Segment& segment,
                                                   const char* text) const noexcept;
  std::uint32_t find_decoded(std::uint32_t node, std::string_view raw) const noexcept;

  std::vector<DraftNode> drafts_;
  std::vector<Node> nodes_;
  std::vector<Affix> affixes_;
  std::vector<Edge> edges_;  // a power of two, at most half full
  std::uint64_t edge_mask_ = 0;
  std::string texts_;
  std::uint32_t slash_value_ = kNone;
};

}  // namespace rondeau::routing
