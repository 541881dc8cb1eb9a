// From the nodes of a template and a value to a page.
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/json/write.h>
#include <rondeau/text/ascii.h>
#include <rondeau/text/html.h>
#include <rondeau/text/percent.h>

#include "response/template_nodes.h"

namespace rondeau::response {
namespace {

using reflect::as;
using reflect::Descriptor;
using reflect::Kind;

/// A value with its type; no address where an optional on the way to it is empty.
struct Found {
  const Descriptor* type = nullptr;
  const void* value = nullptr;
};
Found open(Found found) {
  found.type = &plain(*found.type);
  while (found.value != nullptr && found.type->kind == Kind::Optional) {
    const auto& optional = as<reflect::OptionalDescriptor>(*found.type);
    const bool there = optional.presence(found.value) == reflect::Presence::Value;
    found = {&plain(*optional.inner), there ? optional.get(found.value) : nullptr};
  }
  return found;
}

/// What follows the first ':' is an address of its scheme, unless a '/', '?' or '#' stands before it.
bool has_safe_scheme(std::string_view address) {
  const std::size_t end = address.find_first_of(":/?#");
  if (end == std::string_view::npos || address[end] != ':') return true;
  const std::string scheme = text::to_lower(address.substr(0, end));
  return scheme == "http" || scheme == "https" || scheme == "mailto" || scheme == "tel";
}
/// A whole address, with everything encoded that cannot stand in one.
void append_address(std::string& out, std::string_view address) {
  if (!has_safe_scheme(address)) {
    out += "about:invalid";
    return;
  }
  std::string encoded;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const char c = address[i];
    const bool stays = text::is_alpha(c) || text::is_digit(c) ||
                       std::string_view("-._~:/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
    if (stays) {
      encoded += c;
    } else {
      text::percent_encode_to(encoded, address.substr(i, 1));
    }
  }
  text::append_html(out, encoded);
}

/// The text of what JSON writes in quotes.
std::string unquoted(std::string_view json) {
  std::string text;
  for (std::size_t i = 1; i + 1 < json.size(); ++i) {
    if (json[i] != '\\') {
      text += json[i];
      continue;
    }
    switch (const char c = json[++i]) {
      case 'n':
        text += '\n';
        break;
      case 't':
        text += '\t';
        break;
      case 'r':
        text += '\r';
        break;
      case 'b':
        text += '\b';
        break;
      case 'f':
        text += '\f';
        break;
      case 'u':  // only control characters are written so
        text += static_cast<char>(text::hex_value(json[i + 3]) * 16 + text::hex_value(json[i + 4]));
        i += 4;
        break;
      default:
        text += c;
    }
  }
  return text;
}

class Renderer {
 public:
  explicit Renderer(Found top) { scopes_.push_back(top); }

  void render(const std::vector<Node>& nodes) {
    for (const Node& node : nodes) render(node);
  }
  std::string out;

 private:
  void render(const Node& node) {
    switch (node.kind) {
      case Node::Kind::Text:
        out += node.text;
        return;
      case Node::Kind::Value:
        return render_value(node.escape, find(node.path));
      case Node::Kind::Section:
        return render_section(node);
      case Node::Kind::Inverted:
        if (!counts(find(node.path))) render(node.inside);
        return;
    }
  }

  Found find(const NamePath& path) const {
    Found found = open(scopes_[scopes_.size() - 1 - path.outwards]);
    for (std::size_t member : path.members) {
      if (found.value == nullptr) return found;
      const auto& table = as<reflect::StructDescriptor>(*found.type);
      std::array<const void*, reflect::StructDescriptor::kMaxFields> addresses;
      table.addresses(found.value, addresses.data());
      found = open({table.fields[member].type, addresses[member]});
    }
    return found;
  }

  static bool counts(const Found& found) {
    if (found.value == nullptr) return false;
    if (found.type->kind == Kind::Bool) return *static_cast<const bool*>(found.value);
    if (found.type->kind == Kind::String) return !static_cast<const std::string*>(found.value)->empty();
    if (found.type->kind != Kind::Sequence) return true;
    return as<reflect::SequenceDescriptor>(*found.type).count(found.value) > 0;
  }

  void render_section(const Node& node) {
    const Found found = find(node.path);
    if (!counts(found)) return;
    if (found.type->kind != Kind::Sequence) return render_inside(node, found);
    const auto& list = as<reflect::SequenceDescriptor>(*found.type);
    struct Pass {
      Renderer* renderer;
      const Node* node;
      const Descriptor* element;
    } pass{this, &node, list.element};
    list.for_each(found.value, &pass, [](void* state, const void* element) {
      const Pass& now = *static_cast<Pass*>(state);
      now.renderer->render_inside(*now.node, {now.element, element});
      return true;
    });
  }
  void render_inside(const Node& node, Found scope) {
    scopes_.push_back(scope);
    render(node.inside);
    scopes_.pop_back();
  }

  void render_value(Escape escape, const Found& found) {
    if (found.value == nullptr) return;
    std::string text;
    if (!json::write_value(*found.type, found.value, text)) return;  // a number that is none
    if (text.starts_with('"')) text = unquoted(text);
    if (escape == Escape::Address) return append_address(out, text);
    if (escape == Escape::AddressPart) return text::percent_encode_to(out, text);
    text::append_html(out, text);
  }

  std::vector<Found> scopes_;
};

}  // namespace

std::string render_nodes(const std::vector<Node>& nodes, const reflect::Descriptor& type, const void* value) {
  Renderer renderer({&type, value});
  renderer.render(nodes);
  return std::move(renderer.out);
}

}  // namespace rondeau::response
