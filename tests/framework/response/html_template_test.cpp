#include <rondeau/response/html_template.h>

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

#include "support/dispatch.h"

using namespace rondeau;

namespace {

struct Author {
  std::string name;
  std::optional<std::string> site;
};
struct Item {
  int id = 0;
  std::string name;
};
struct Page {
  std::string title = {};
  std::vector<Item> items = {};
  std::optional<Author> author = {};
  bool draft = false;
  double price = 1.5;
  std::vector<std::string> tags = {};
};

std::string rendered(std::string_view text, const Page& page) {
  const auto parsed = HtmlTemplate<Page>::parse(text);
  return parsed ? (*parsed)(page).text : parsed.error().message();
}
std::string with_title(std::string_view text, std::string title) {
  return rendered(text, Page{.title = std::move(title)});
}

}  // namespace

TEST_CASE("response: a template is filled from a struct, section by section") {
  const Page page{"Shop", {{1, "one"}, {2, "two"}}, Author{"Ann", std::nullopt}, true, 2.25, {"a", "b"}};
  CHECK(rendered("{{title}} {{price}} {{draft}}", page) == "Shop 2.25 true");
  CHECK(rendered("{{#items}}{{id}}={{name}} of {{title}};{{/items}}", page) == "1=one of Shop;2=two of Shop;");
  CHECK(rendered("{{#tags}}[{{.}}]{{/tags}}", page) == "[a][b]");
  CHECK(rendered("{{author.name}}{{author.site}}", page) == "Ann");
  CHECK(rendered("{{#author}}by {{name}}{{#site}} at {{.}}{{/site}}{{/author}}", page) == "by Ann");
  CHECK(rendered("{{#draft}}draft{{/draft}}{{^draft}}done{{/draft}}", page) == "draft");
  CHECK(rendered("{{^items}}none{{/items}}", page) == "");
  CHECK(rendered("{{! not shown }}x{{ title }}", page) == "xShop");
  const Page empty;
  CHECK(rendered("{{#items}}x{{/items}}{{^items}}none{{/items}}{{^author}}nobody{{/author}}{{author.name}}", empty) ==
        "nonenobody");
  CHECK(rendered("{{#title}}x{{/title}}{{^title}}untitled{{/title}}", empty) == "untitled");
}

TEST_CASE("response: a line that holds only a section's tag is none") {
  CHECK(rendered("<ul>\n{{#tags}}\n  <li>{{.}}\n{{/tags}}\n</ul>\n", Page{.tags = {"a", "b"}}) ==
        "<ul>\n  <li>a\n  <li>b\n</ul>\n");
}

TEST_CASE("response: what goes into a page is escaped for its place") {
  const std::string evil = "<script>alert(1)</script>&\"'";
  CHECK(with_title("<p>{{title}}", evil) == "<p>&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#34;&#39;");
  CHECK(with_title("<p title=\"{{title}}\">", "\" onclick=\"x") == "<p title=\"&#34; onclick=&#34;x\">");
  CHECK(with_title("<p title='{{title}}'>", "' x='") == "<p title='&#39; x=&#39;'>");
  CHECK(with_title("<a href=\"{{title}}\">", "https://a.example/x y?q=\"1\"&r=<") ==
        "<a href=\"https://a.example/x%20y?q=%221%22&amp;r=%3C\">");
  CHECK(with_title("<a href=\"/find?q={{title}}\">", "a&b=c/d?#\"") == "<a href=\"/find?q=a%26b%3Dc%2Fd%3F%23%22\">");
  CHECK(with_title("<textarea>{{title}}</textarea>", "</textarea>") == "<textarea>&lt;/textarea&gt;</textarea>");
  CHECK(with_title("{{title}}", std::string("a\nb\x01\\\"", 6)) == "a\nb\x01\\&#34;");
}

TEST_CASE("response: an address of a scheme that runs something is none") {
  for (const char* evil :
       {"javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "x:y", ":x"}) {
    CHECK_MESSAGE(with_title("<a href=\"{{title}}\">", evil) == "<a href=\"about:invalid\">", evil);
  }
  for (const char* good : {"https://a/b", "mailto:a@b", "/a:b", "a", "#a:b", "?a:b", "../x"}) {
    CHECK_MESSAGE(with_title("<a href=\"{{title}}\">", good) == "<a href=\"" + std::string(good) + "\">", good);
  }
  // A tab inside would be dropped by a browser; here it is encoded, and what is left is no scheme.
  CHECK(with_title("<a href=\"{{title}}\">", "java\tscript:x") == "<a href=\"about:invalid\">");
  CHECK(with_title("<a href=\" {{title}}\">", "javascript:x") == "<a href=\" about:invalid\">");
  CHECK(with_title("<form action='{{title}}'>", "javascript:x") == "<form action='about:invalid'>");
}

TEST_CASE("response: a gap where nothing can be escaped for sure is an error with its line") {
  for (const char* wrong : {
           "<script>var x = {{title}}</script>",
           "<style>p { color: {{title}} }</style>",
           "<p class={{title}}>",
           "<p class= {{title}}>",
           "<p {{title}}>",
           "<{{title}}>",
           "<p onclick=\"f('{{title}}')\">",
           "<p style=\"color: {{title}}\">",
           "<img srcset='{{title}} 2x'>",
           "<!-- {{title}} -->",
           "<iframe srcdoc=\"{{title}}\"></iframe>",
           "<p title{{title}}=\"x\">",
           "<SCRIPT>{{title}}</SCRIPT>",
           "<script>'</scripty>'{{title}}</script>",
           "<!doctype {{title}}>",
           "<p a=\"b\"{{title}}>",
           "<a href=\"javascript:show('{{title}}')\">",
           "<a href=' \x01JAVA\tscri\rpt:{{title}}'>",
           "<a href=\"data:text/html,{{title}}\">",
           "<a href=\"java&#115;cript:{{title}}\">",
           "<a href=\"javascript&colon;{{title}}\">",
           "<a href=\"java{{title}}:f('{{title}}')\">",
           "<a href=\"{{title}}:f('{{title}}')\">",
           "<iframe src='vbscript:{{title}}'></iframe>",
           "<svg><animate attributeName=href values=\"{{title}}\"/></svg>",
           "<svg><set attributeName=href to='{{title}}'/></svg>",
           "<svg><animate from='{{title}}'/></svg>",
           "<svg><animate by='{{title}}'/></svg>",
           "<meta http-equiv=\"refresh\" content=\"0;url={{title}}\">",
           "<META HTTP-EQUIV=refresh CONTENT='{{title}};url=/x'>",
           "<meta content=\"0;url={{title}}\" http-equiv=\"refresh\">",
           "<meta content=\"0;url={{title}}\"\n http-equiv = \"refresh\">",
           "<meta http-equiv='{{title}}' content='x'>",
       }) {
    const auto parsed = HtmlTemplate<Page>::parse("\n\n" + std::string(wrong));
    REQUIRE_MESSAGE(!parsed, wrong);
    CHECK_MESSAGE(parsed.error().message().find("line 3: no value can stand in") != std::string::npos, wrong);
  }
  CHECK(with_title("<script>f()</script><style></style>{{title}}", "x") == "<script>f()</script><style></style>x");
  for (const char* before : {"https://a.example/", "HTTPS://a.example:8443/", "mailto:", "tel:", "/a:", "?a:", "#a:",
                             "a/b:", "page", "?a=1&amp;b="}) {
    const std::string page = "<a href=\"" + std::string(before) + "{{title}}\"><a href='{{title}}'>";
    CHECK_MESSAGE(with_title(page, "x") == "<a href=\"" + std::string(before) + "x\"><a href='x'>", before);
  }
  CHECK(with_title("<a href=\"javascript:f()\" title=\"{{title}}\">", "x") ==
        "<a href=\"javascript:f()\" title=\"x\">");
  CHECK(with_title("<meta name=\"description\" content=\"{{title}}\"><p title='{{title}}'>", "a&b") ==
        "<meta name=\"description\" content=\"a&amp;b\"><p title='a&amp;b'>");
  CHECK(with_title("<meta http-equiv=\"refresh\" content=\"60\"><meta name='a' content='{{title}}'>", "x") ==
        "<meta http-equiv=\"refresh\" content=\"60\"><meta name='a' content='x'>");
  CHECK(with_title("<!-- a > b -->{{title}}", "x") == "<!-- a > b -->x");
  CHECK(with_title("a < b {{title}}", "x") == "a < b x");
}

TEST_CASE("response: a template that does not fit its struct is an error with its line") {
  struct {
    const char* text;
    const char* error;
  } const rows[] = {
      {"a\n{{nobody}}", "line 2: there is no \"nobody\""},
      {"{{author.age}}", "line 1: there is no \"author.age\""},
      {"{{items}}", "line 1: \"items\" is no text"},
      {"{{author}}", "line 1: \"author\" is no text"},
      {"{{#price}}x{{/price}}", "line 1: \"price\" is nothing a section can go by"},
      {"{{#items}}\n{{title}}", "line 2: the section \"items\" is not closed"},
      {"x{{/items}}", "line 1: {{/items}} closes no section"},
      {"{{#items}}{{/tags}}{{/items}}", "line 1: {{/tags}} closes no section"},
      {"\n\n{{title", "line 3: a {{ has no }}"},
      {"<p {{#draft}}title=\"{{/draft}}", "line 1: the section \"draft\" ends in another place of the markup"},
      {"<p title=\"x", "line 1: the markup ends in the middle of a tag"},
      {"{{}}", "line 1: there is no \"\""},
      {"{{{title}}}", "line 1: there is no \"{title\""},
      {"{{#items}}{{site}}{{/items}}", "line 1: there is no \"site\""},
  };
  for (const auto& row : rows) {
    const std::string message = rendered(row.text, Page{});
    CHECK_MESSAGE(message.find(row.error) != std::string::npos, message);
  }
}

TEST_CASE("response: a section may be part of an attribute") {
  CHECK(rendered("<p class=\"{{#draft}}draft{{/draft}} x\">", Page{.draft = true}) == "<p class=\"draft x\">");
  const Page page{.title = "a&b", .tags = {"c", "d"}};
  CHECK(rendered("<meta name=\"description\" content=\"{{#title}}{{.}}{{/title}}\">", page) ==
        "<meta name=\"description\" content=\"a&amp;b\">");
  CHECK(rendered("<meta name='keywords' content='x{{#tags}}, {{.}}{{/tags}}'><p>{{title}}", page) ==
        "<meta name='keywords' content='x, c, d'><p>a&amp;b");
}

TEST_CASE("response: no section hides that a gap stands in what would be a field of the answer") {
  constexpr std::string_view kBehind = "line 1: no value can stand in the content of a meta element with http-equiv";
  constexpr std::string_view kPlace = "ends in another place of the markup";
  struct {
    const char* text;
    std::string_view error;
  } const rows[] = {
      {"<meta content=\"{{#title}}{{.}}{{/title}}\" http-equiv=\"refresh\">", kBehind},
      {"<meta content='' {{#title}}content=\"{{.}}\"{{/title}} http-equiv=\"refresh\">", kBehind},
      {"<meta content='' {{#title}}content=\"{{.}}\"{{/title}} {{#draft}}http-equiv=\"refresh\"{{/draft}}>", kBehind},
      // Left out, it would leave the first element's gap; twice, it would begin with its own.
      {"<meta content=\"{{title}}{{#draft}}\"><meta content=\"{{/draft}}\" http-equiv=\"refresh\">", kPlace},
      {"<meta content=\"{{#tags}}\" http-equiv=\"refresh\"><meta content=\"{{.}}{{/tags}}\">", kPlace},
  };
  for (const auto& row : rows) {
    const std::string message = rendered(row.text, Page{});
    CHECK_MESSAGE(message.find(row.error) != std::string::npos, row.text << ": " << message);
  }
}

TEST_CASE("response: a page is text/html") {
  const auto page = HtmlTemplate<Page>::parse("<h1>{{title}}").value();
  Router<> router;
  router.get<"/">([page] { return page(Page{.title = "a & b"}); });
  support::Asked app(router);
  const Response answer = app.get("/");
  CHECK(support::body(answer) == "<h1>a &amp; b");
  CHECK(support::field(answer, "content-type") == "text/html; charset=utf-8");
}
