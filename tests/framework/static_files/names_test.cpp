// Names: types by extension, globs, hashes, paths of requests, codings.
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/http/quality.h>
#include <rondeau/static_files/content_type.h>

#include "static_files/codings.h"
#include "static_files/glob.h"
#include "static_files/path.h"
#include "support/dispatch.h"

using namespace rondeau;

TEST_CASE("static_files: the extension tells the type, in any case, and nothing else does") {
  CHECK(static_files::content_type_of("index.html") == "text/html; charset=utf-8");
  CHECK(static_files::content_type_of("a.b/INDEX.HTM") == "text/html; charset=utf-8");
  CHECK(static_files::content_type_of("app.min.js") == "text/javascript; charset=utf-8");
  CHECK(static_files::content_type_of("x.webmanifest") == "application/manifest+json");
  CHECK(static_files::content_type_of("x.7z") == "application/x-7z-compressed");
  CHECK(static_files::content_type_of("x.zst") == "application/zstd");
  for (const char* name : {"", "html", "x.", "x.unknown", "x.html.", "dir.html/x", "x.htmlhtmlhtml"}) {
    CAPTURE(name);
    CHECK(static_files::content_type_of(name) == "application/octet-stream");
  }
}

TEST_CASE("static_files: globs match names, or paths where they have a slash") {
  struct Case {
    std::string_view glob;
    std::string_view path;
    bool matches;
  };
  const Case cases[] = {
      {"*.html", "index.html", true},
      {"*.html", "a/b/index.html", true},
      {"*.html", "index.htm", false},
      {"*.html", "index.html.br", false},
      {"*", "a/b", true},
      {"", "", true},
      {"", "a", false},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"a/*", "a/b", true},
      {"a/*", "a/b/c", false},
      {"a/*", "b/a/c", false},
      {"a/**", "a/b/c", true},
      {"a/**/c.js", "a/x/y/c.js", true},
      {"a/**/c.js", "a/c.js", false},
      {"**", "a/b/c", true},
      {"**/c", "a/b/c", true},
      {"**.js", "a/b/c.js", true},
      {"a?b/c", "a/b/c", false},
      {"*a*b*c*", "xxaxxbxxcxx", true},
      {"*a*b*c*", "xxaxxcxxbxx", false},
  };
  for (const Case& row : cases) {
    CAPTURE(row.glob);
    CAPTURE(row.path);
    CHECK(static_files::glob_matches(row.glob, row.path) == row.matches);
  }
  // Would take years if it tried all ways.
  const std::string many = std::string(2000, 'a');
  CHECK_FALSE(static_files::glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", many));
}

TEST_CASE("static_files: a hash is eight or more hexadecimal digits of both kinds between dots or dashes") {
  for (const char* name : {"app.3f2a9c1b.js", "app-3f2a9c1b.min.js", "x.0123456789abcdef.css", "x.3F2A9C1B.js"}) {
    CAPTURE(name);
    CHECK(static_files::has_hash(name));
  }
  for (const char* name : {"app.js", "report-20261126.pdf", "app.deadbeef", "x.deadbeef.js", "app.3f2a9c1.js",
                           "3f2a9c1b.js", "a-document1.pdf", "", "."}) {
    CAPTURE(name);
    CHECK_FALSE(static_files::has_hash(name));
  }
}

TEST_CASE("static_files: a request's path is decoded once, and names no file that is hidden or odd") {
  struct Case {
    std::string_view path;
    std::size_t skipped;
    std::optional<std::string_view> text;
    bool ends_in_slash = false;
  };
  const Case cases[] = {
      {"/a", 0, "a"},
      {"/a/b.c", 0, "a/b.c"},
      {"/", 0, "", true},
      {"/a/", 0, "a", true},
      {"/x/a", 1, "a"},
      {"/%78/a", 1, "a"},
      {"/x", 1, ""},
      {"/x/", 1, "", true},
      {"/x/y/a", 2, "a"},
      {"/a%20b", 0, "a b"},
      {"/%C3%A9", 0, "\u00e9"},
      {"/a..b", 0, "a..b"},
      {"/a%252e", 0, "a%2e"},
      {"//a", 0, std::nullopt},
      {"/a//b", 0, std::nullopt},
      {"/a//", 0, std::nullopt},
      {"/..", 0, std::nullopt},
      {"/%2e%2e/a", 0, std::nullopt},
      {"/.git", 0, std::nullopt},
      {"/a/%2Egit/b", 0, std::nullopt},
      {"/a%2Fb", 0, std::nullopt},
      {"/%2Fa", 0, std::nullopt},
      {"/a%5Cb", 0, std::nullopt},
      {"/a%00", 0, std::nullopt},
      {"/a%0a", 0, std::nullopt},
      {"/a%7f", 0, std::nullopt},
      {"/%ff", 0, std::nullopt},
      {"/%zz", 0, std::nullopt},
      {"*", 0, std::nullopt},
  };
  for (const Case& row : cases) {
    CAPTURE(row.path);
    const auto read = static_files::relative_path(row.path, row.skipped);
    REQUIRE(read.has_value() == row.text.has_value());
    if (!read) continue;
    CHECK(read->text == *row.text);
    CHECK(read->ends_in_slash == row.ends_in_slash);
  }
}

TEST_CASE("static_files: codings are taken by their weights (RFC 9110 12.5.3)") {
  struct Case {
    std::string_view accept;
    std::string_view taken;  // in order; "-" is as it is
  };
  const Case cases[] = {
      {"gzip", "gzip -"},
      {"gzip, br, zstd", "br zstd gzip -"},
      {"gzip;q=1, br;q=0.5", "gzip br -"},
      {"GZIP", "gzip -"},
      {"x-gzip", "gzip -"},
      {"br;q=0, gzip", "gzip -"},
      {"identity, gzip;q=0.5", "- gzip"},
      {"identity;q=0, gzip", "gzip"},
      {"identity;q=0", ""},
      {"*;q=0", ""},
      {"*;q=x, identity;q=none", "-"},
      {"*;q=0, gzip", "gzip"},
      {"*", "br zstd gzip -"},
      {"*;q=0.1, gzip", "gzip br zstd -"},
      {"*, br;q=0", "zstd gzip -"},
      {"deflate", "-"},
      {"", "-"},
      {"gzip;q=2", "-"},
      {"gzip;q=x", "-"},
      {"gzip;q=0.001", "gzip -"},
      {"gzip ; q=0.5 , br;q=0.4", "gzip br -"},
  };
  for (const Case& row : cases) {
    CAPTURE(row.accept);
    const Request request = support::make_request(Method::Get, "/", {{"accept-encoding", row.accept}});
    std::string taken;
    for (const static_files::Coding& coding : static_files::acceptable_codings(request.headers())) {
      if (!taken.empty()) taken += ' ';
      taken += coding.name.empty() ? "-" : coding.name;
    }
    CHECK(taken == row.taken);
  }
  const Request lines =
      support::make_request(Method::Get, "/", {{"accept-encoding", "gzip"}, {"accept-encoding", "br"}});
  CHECK(static_files::acceptable_codings(lines.headers()).size() == 3);
  CHECK(static_files::acceptable_codings(support::make_request(Method::Get, "/").headers()).size() == 1);
}

TEST_CASE("http: a weight has at most three digits behind its point (RFC 9110 12.4.2)") {
  CHECK(http::quality("a") == 1000);
  CHECK(http::quality("a;q=0.5") == 500);
  CHECK(http::quality("a;level=1;Q=0.125") == 125);
  CHECK(http::quality("a;q=1.000") == 1000);
  CHECK(http::quality("a;q=0.") == 0);
  for (std::string_view bad : {"a;q=", "a;q=1.5", "a;q=-1", "a;q=.5", "a;q=0.1234", "a;q=0,5", "a;q=1e0", "a;q=00"}) {
    CHECK(http::quality(bad) == 0);
  }
}
