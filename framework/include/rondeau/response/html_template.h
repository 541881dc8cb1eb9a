// HtmlTemplate<T>: a page with gaps, filled from a struct; what goes into a gap is escaped for the place it stands in.
//
//     struct Page { std::string title; std::vector<Item> items; };
//     const auto page = HtmlTemplate<Page>::parse(text);   // once, at the start: mistakes are errors with their line
//     router.get<"/">([page = *page] { return page(Page{"Shop", items()}); });
//
//     <h1>{{title}}</h1>
//     {{#items}}<a href="/items/{{id}}?back={{title}}" title="{{name}}">{{name}}</a>{{/items}}
//     {{^items}}Nothing here.{{/items}}
//
// The language is a part of Mustache: `{{name}}`, `{{a.b}}`, `{{.}}`, sections `{{#name}}…{{/name}}` for lists,
// structs, optionals, texts and bools, inverted sections `{{^name}}…{{/name}}`, comments `{{! … }}`. A name is looked
// for in the innermost section first. There is no way to leave the escaping out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/response/results.h>

namespace rondeau::response {

class ParsedTemplate;

/// Errors: InvalidArgument with the line: a section that is not closed, a name that the type does not have, a value
/// that is no text, and a gap where nothing could be escaped for sure – in a script, a style, a comment, a tag's or
/// attribute's name, a value without quotes, an event handler, `srcset`, `srcdoc`, what an animation of SVG goes
/// through, a meta element with `http-equiv` (a refresh leads wherever its text says: send the field, or redirect), an
/// address behind a scheme but http, https, mailto and tel; and a section that ends in another place of the markup than
/// it began.
Result<std::shared_ptr<const ParsedTemplate>> parse_template(std::string_view text, const reflect::Descriptor& type);
std::string render_template(const ParsedTemplate& parsed, const reflect::Descriptor& type, const void* value);

/// A template that fits T. Copies share it. Thread safety: any thread.
template <class T>
class HtmlTemplate {
 public:
  static_assert(reflect::kind_of<T>() == reflect::Kind::Struct,
                "rondeau: HtmlTemplate<T> takes a struct whose members are the names in the template");

  /// Errors: those of parse_template().
  static Result<HtmlTemplate> parse(std::string_view text) {
    RONDEAU_TRY_PLAIN(auto parsed, parse_template(text, reflect::describe<T>()));
    return HtmlTemplate(std::move(parsed));
  }
  /// The page. In text and attributes `&`, `<`, `>` and quotes are escaped; in the path and query of an address all but
  /// unreserved characters; a whole address of a scheme but http, https, mailto and tel becomes "about:invalid".
  Html operator()(const T& value) const { return Html{render_template(*parsed_, reflect::describe<T>(), &value)}; }

 private:
  explicit HtmlTemplate(std::shared_ptr<const ParsedTemplate> parsed) noexcept : parsed_(std::move(parsed)) {}
  std::shared_ptr<const ParsedTemplate> parsed_;
};

}  // namespace rondeau::response

namespace rondeau {
using response::HtmlTemplate;
}  // namespace rondeau
