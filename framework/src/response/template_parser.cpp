// From the text of a template to its nodes.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/text/ascii.h>

#include "response/template_nodes.h"

namespace rondeau::response {
namespace {

using reflect::as;
using reflect::Descriptor;
using reflect::Kind;

/// What stands in an optional, too.
const Descriptor& inner(const Descriptor& type) {
  const Descriptor& bare = plain(type);
  return bare.kind == Kind::Optional ? inner(*as<reflect::OptionalDescriptor>(bare).inner) : bare;
}

bool is_value(const Descriptor& type) {
  switch (inner(type).kind) {
    case Kind::Bool:
    case Kind::Signed:
    case Kind::Unsigned:
    case Kind::Floating:
    case Kind::String:
    case Kind::Text:
    case Kind::Enum:
      return true;
    case Kind::Converted:
      return is_value(*as<reflect::ConvertedDescriptor>(inner(type)).inner);
    default:
      return false;
  }
}
bool is_section(const Descriptor& type) {
  if (plain(type).kind == Kind::Optional) return true;
  const Kind kind = plain(type).kind;
  return kind == Kind::Bool || kind == Kind::String || kind == Kind::Struct || kind == Kind::Sequence;
}
const Descriptor& element_of(const Descriptor& type) {
  const Descriptor& bare = inner(type);
  return bare.kind == Kind::Sequence ? *as<reflect::SequenceDescriptor>(bare).element : bare;
}

/// Reads the text of a template, once.
class Parser {
 public:
  Parser(std::string_view text, const Descriptor& type) : text_(text) { scopes_.push_back(&type); }

  Result<std::vector<Node>> parse() {
    std::vector<Node> nodes;
    RONDEAU_TRY_VOID_PLAIN(parse_until(nodes, {}));
    if (!place_.is_text()) return error("the markup ends in the middle of a tag");
    return nodes;
  }

 private:
  Error error(std::string_view why) const {
    const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(tag_at_, text_.size()));
    const auto line = std::count(text_.begin(), end, '\n') + 1;
    return Error(Errc::InvalidArgument, "template line " + std::to_string(line) + ": " + std::string(why));
  }

  /// Up to the end of the section of that name, or of the text.
  Result<void> parse_until(std::vector<Node>& nodes, std::string_view section) {
    while (true) {
      const std::size_t open = text_.find("{{", at_);
      add_text(nodes, open);
      if (place_.is_broken()) return error("no value can stand in the content of a meta element with http-equiv");
      if (open == std::string_view::npos) {
        tag_at_ = text_.size();
        if (section.empty()) return {};
        return error("the section \"" + std::string(section) + "\" is not closed");
      }
      tag_at_ = open;
      const std::size_t close = text_.find("}}", open);
      if (close == std::string_view::npos) return error("a {{ has no }}");
      std::string_view name = text::trim(text_.substr(open + 2, close - open - 2));
      at_ = close + 2;
      if (name.starts_with('!')) {
        skip_line_end();
        continue;
      }
      const char sigil = name.empty() ? '\0' : name.front();
      if (sigil == '#' || sigil == '^' || sigil == '/') name = text::trim(name.substr(1));
      if (sigil == '/') {
        if (name != section || section.empty()) return error("{{/" + std::string(name) + "}} closes no section");
        skip_line_end();
        return {};
      }
      if (sigil == '#' || sigil == '^') {
        RONDEAU_TRY_VOID_PLAIN(parse_section(nodes, name, sigil == '^'));
      } else {
        RONDEAU_TRY_VOID_PLAIN(parse_value(nodes, name));
      }
    }
  }

  void add_text(std::vector<Node>& nodes, std::size_t end) {
    const std::string_view markup = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
    place_.walk(markup);
    if (!markup.empty()) nodes.push_back({.text = std::string(markup)});
  }
  /// A line that holds nothing but this tag leaves none behind.
  void skip_line_end() {
    const std::size_t line = text_.rfind('\n', tag_at_);
    const std::size_t begin = line == std::string_view::npos ? 0 : line + 1;
    const bool alone = text_.substr(begin, tag_at_ - begin).find_first_not_of(" \t") == std::string_view::npos;
    if (alone && text_.substr(at_).starts_with('\n')) ++at_;
    if (alone && text_.substr(at_).starts_with("\r\n")) at_ += 2;
  }

  Result<void> parse_value(std::vector<Node>& nodes, std::string_view name) {
    Node node{.kind = Node::Kind::Value, .escape = place_.escape()};
    if (node.escape == Escape::None) return error("no value can stand in " + std::string(place_.name()));
    RONDEAU_TRY_PLAIN(const Descriptor* type, resolve(name, node.path));
    if (!is_value(*type)) return error("\"" + std::string(name) + "\" is no text");
    place_.pass_gap();
    nodes.push_back(std::move(node));
    return {};
  }

  Result<void> parse_section(std::vector<Node>& nodes, std::string_view name, bool inverted) {
    Node node{.kind = inverted ? Node::Kind::Inverted : Node::Kind::Section};
    RONDEAU_TRY_PLAIN(const Descriptor* type, resolve(name, node.path));
    if (!is_section(*type)) return error("\"" + std::string(name) + "\" is nothing a section can go by");
    if (scopes_.size() == kMaxDepth) return error("sections stand too deep in each other");
    skip_line_end();
    const HtmlPlace before = place_;
    if (!inverted) scopes_.push_back(&element_of(*type));
    RONDEAU_TRY_VOID_PLAIN(parse_until(node.inside, name));
    if (!inverted) scopes_.pop_back();
    if (!place_.closes(before)) return error("the section \"" + std::string(name) + "\" ends in another place of the markup");
    nodes.push_back(std::move(node));
    return {};
  }

  /// `.` is the innermost section itself.
  Result<const Descriptor*> resolve(std::string_view name, NamePath& path) const {
    if (name == ".") return scopes_.back();
    const std::size_t dot = name.find('.');
    const std::string_view first = name.substr(0, dot);
    for (; path.outwards < scopes_.size(); ++path.outwards) {
      const Descriptor* type = member(*scopes_[scopes_.size() - 1 - path.outwards], first, path);
      if (type == nullptr) continue;
      for (std::string_view rest = dot == std::string_view::npos ? "" : name.substr(dot); !rest.empty();) {
        rest.remove_prefix(1);
        const std::size_t end = std::min(rest.find('.'), rest.size());
        type = member(*type, rest.substr(0, end), path);
        if (type == nullptr) return error("there is no \"" + std::string(name) + "\"");
        rest.remove_prefix(end);
      }
      return type;
    }
    return error("there is no \"" + std::string(name) + "\"");
  }
  static const Descriptor* member(const Descriptor& type, std::string_view name, NamePath& path) {
    if (inner(type).kind != Kind::Struct) return nullptr;
    const auto& fields = as<reflect::StructDescriptor>(inner(type)).fields;
    const auto found = std::ranges::find(fields, name, &reflect::Field::name);
    if (found == fields.end()) return nullptr;
    path.members.push_back(static_cast<std::size_t>(found - fields.begin()));
    return found->type;
  }

  static constexpr std::size_t kMaxDepth = 32;

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t tag_at_ = 0;  // the tag in hand, for errors
  HtmlPlace place_;
  std::vector<const Descriptor*> scopes_;
};

}  // namespace

Result<std::vector<Node>> parse_nodes(std::string_view text, const reflect::Descriptor& type) {
  return Parser(text, type).parse();
}

}  // namespace rondeau::response
