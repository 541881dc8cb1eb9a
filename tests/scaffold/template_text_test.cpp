#include "template_text.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace rondeau::tool;

namespace {

const Vocabulary& vocabulary() {
  static const Vocabulary words{{{"name", "my-orders"}, {"ns", "my_orders"}},
                                {{"db", "sqlite"}, {"ci", "no"}, {"cache", "none"}}};
  return words;
}

std::string rendered(std::string_view text) {
  return render(text, vocabulary(), "x.txt").value();
}
std::string refused(std::string_view text) {
  const auto result = render(text, vocabulary(), "http/x.txt");
  REQUIRE(!result);
  return result.error().sentence;
}

}  // namespace

TEST_CASE("tool: words of templates are replaced wherever they stand") {
  CHECK(rendered("{{name}}: {{ns}}{{ns}}\n") == "my-orders: my_ordersmy_orders\n");
  CHECK(rendered("no end of line {{name}}") == "no end of line my-orders");
  CHECK(rendered("") == "");
}

TEST_CASE("tool: double braces before anything but a letter are C++") {
  CHECK(rendered("log({{\"a\", 1}});\n") == "log({{\"a\", 1}});\n");
  CHECK(rendered("T{{{ns}}}") == "T{my_orders}");
  CHECK(rendered("{{}} {{ name }} {{") == "{{}} {{ name }} {{");
}

TEST_CASE("tool: lines stay or go by what was answered") {
  CHECK(rendered("a\n{{#if db}}\nb\n{{/if}}\nc\n") == "a\nb\nc\n");
  CHECK(rendered("a\n  {{#if db=sqlite}}\nb\n  {{/if}}\nc\n") == "a\nb\nc\n");
  CHECK(rendered("a\n{{#if db=postgres}}\nb\n{{/if}}\nc\n") == "a\nc\n");
  CHECK(rendered("{{#if ci}}\nb\n{{/if}}\n") == "");
  CHECK(rendered("{{#if cache}}\nb\n{{/if}}\n") == "");
  CHECK(rendered("{{#if ci=no}}\nb\n{{/if}}\n") == "b\n");
}

TEST_CASE("tool: questions may be nested, and what is left out is not read") {
  CHECK(rendered("{{#if db}}\n{{#if ci}}\na {{nonsense}}\n{{/if}}\nb\n{{/if}}\n") == "b\n");
  CHECK(rendered("{{#if ci}}\n{{#if db}}\na\n{{/if}}\nb\n{{/if}}\nc\n") == "c\n");
}

TEST_CASE("tool: a mistake in a template is an error with file and line") {
  CHECK(refused("a\nb {{nmae}}\n") == "http/x.txt:2: \"{{nmae\" is no word of templates");
  CHECK(refused("{{name\n}}\n") == "http/x.txt:1: \"{{name\" is no word of templates");
  CHECK(refused("{{#if name}}\n{{/if}}\n") == "http/x.txt:1: nobody answers \"name\"");
  CHECK(refused("\n{{#if db}}\na\n") == "http/x.txt:2: this {{#if}} has no {{/if}}");
  CHECK(refused("a\n{{/if}}\n") == "http/x.txt:2: this {{/if}} ends nothing");
  CHECK(refused("a {{#if db}} b\n").find("http/x.txt:1:") == 0);
}
