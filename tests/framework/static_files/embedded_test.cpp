// Files in the program.
#include <span>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/static_files/embedded.h>
#include <rondeau/testing/test_app.h>

using namespace rondeau;
using testing::TestResponse;

std::span<const EmbeddedFile> embedded_tree();

TEST_CASE("static_files: what was embedded is there, sorted, and nothing that is hidden") {
  std::string names;
  for (const EmbeddedFile& file : embedded_tree()) names.append(file.path).append("|");
  CHECK(names == "app.js|app.js.gz|empty.txt|index.html|sub/a b.txt|");
}

TEST_CASE("static_files: embedded files are served as those of a directory are") {
  Router<> router;
  router.merge(embedded("/page", embedded_tree(), {.spa = "index.html", .cache = {{"*.js", "max-age=60"}}}));
  TestApp app(router);
  CHECK(app.get("/page").send().header("location") == "/page/");
  CHECK(app.get("/page/").send().body() == "<p>home\n");
  CHECK(app.get("/page/sub").send().header("location") == "/page/sub/");
  CHECK(app.get("/page/users/7").send().body() == "<p>home\n");
  CHECK(app.get("/page/empty.txt").send().body().empty());
  CHECK(app.get("/page/missing.js").send().status() == StatusCode::NotFound);
  CHECK(app.get("/page/.hidden").send().status() == StatusCode::NotFound);
  const TestResponse text = app.get("/page/sub/a%20b.txt").header("range", "bytes=2-4").send();
  CHECK(text.body() == "234");
  CHECK(text.header("content-type") == "text/plain; charset=utf-8");
  const TestResponse script = app.get("/page/app.js").header("accept-encoding", "gzip").send();
  CHECK(script.body() == "(compressed)\n");
  CHECK(script.header("content-encoding") == "gzip");
  CHECK(script.header("cache-control") == "max-age=60");
  CHECK_FALSE(script.header("last-modified"));
  const std::string tag(script.header("etag").value());
  CHECK(app.get("/page/app.js").header("accept-encoding", "gzip").header("if-none-match", tag).send().status() ==
        StatusCode::NotModified);
  CHECK(app.get("/page/app.js").send().header("etag") != tag);
}
