// Files of a directory, through the whole server.
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <future>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/static_files/files.h>
#include <rondeau/task/blocking.h>
#include <rondeau/testing/test_app.h>

#include "support/dispatch.h"
#include "support/temporary_directory.h"

using namespace rondeau;
using testing::TestResponse;

namespace {

const std::string kBig = [] {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += std::to_string(i) + "\n";
  return text;
}();

struct Tree {
  support::TemporaryDirectory all;

  Tree() {
    std::filesystem::create_directories(all / "public/sub/empty");
    std::filesystem::create_directories(all / "public/.hidden");
    all.put("public/index.html", "<p>home");
    all.put("public/a.txt", "0123456789");
    all.put("public/a b.css", "b {}");
    all.put("public/noextension", "x");
    all.put("public/empty.txt", "");
    all.put("public/big.bin", kBig);
    all.put("public/sub/index.html", "<p>sub");
    all.put("public/sub/c.js", "c()");
    all.put("public/sub/c.js.br", "BROTLI");
    all.put("public/sub/c.js.gz", "GZIP");
    all.put("public/app.3f2a9c1b.js", "app()");
    all.put("public/.secret", "secret");
    all.put("public/.hidden/x.txt", "secret");
    all.put("secret", "secret");
    std::filesystem::create_symlink("../secret", all / "public/out");
    std::filesystem::create_symlink("a.txt", all / "public/in.txt");
    REQUIRE(::mkfifo((all / "public/fifo").c_str(), 0600) == 0);
  }
  std::filesystem::path root() const { return all / "public"; }
  Router<> routes(FilesOptions options = {}) const {
    Router<> app;
    app.merge(files("/assets", root(), std::move(options)));
    app.get<"/assets/own">([] { return "own"; });
    return app;
  }
};

}  // namespace

TEST_CASE("static_files: a file is sent with its type, its length and what names its state") {
  const Tree tree;
  TestApp app(tree.routes());
  const TestResponse got = app.get("/assets/a.txt").send();
  CHECK(got.status() == StatusCode::Ok);
  CHECK(got.body() == "0123456789");
  CHECK(got.header("content-type") == "text/plain; charset=utf-8");
  CHECK(got.header("x-content-type-options") == "nosniff");
  CHECK(got.header("content-length") == "10");
  CHECK(got.header("accept-ranges") == "bytes");
  CHECK(got.header("vary") == "Accept-Encoding");
  CHECK_FALSE(got.header("cache-control"));
  CHECK(got.header("last-modified").has_value());
  const std::string tag(got.header("etag").value());
  CHECK(tag.starts_with('"'));
  const TestResponse again = app.get("/assets/a.txt").header("if-none-match", tag).send();
  CHECK(again.status() == StatusCode::NotModified);
  CHECK(again.header("etag") == tag);
  CHECK(again.header("vary") == "Accept-Encoding");
  CHECK(app.get("/assets/a.txt").header("if-modified-since", got.header("last-modified").value()).send().status() ==
        StatusCode::NotModified);
  CHECK(app.get("/assets/a.txt").header("if-match", "\"x\"").send().status() == StatusCode::PreconditionFailed);
  const TestResponse head = app.head("/assets/a.txt").send();
  CHECK(head.header("content-length") == "10");
  CHECK(head.header("etag") == tag);
}

TEST_CASE("static_files: a change that keeps the length has another tag") {
  const Tree tree;
  TestApp app(tree.routes());
  const std::string before(app.get("/assets/a.txt").send().header("etag").value());
  tree.all.put("public/a.txt", "9876543210");
  const timespec times[2] = {{1, 1}, {1, 1}};
  REQUIRE(::utimensat(AT_FDCWD, (tree.root() / "a.txt").c_str(), times, 0) == 0);
  const TestResponse after = app.get("/assets/a.txt").header("if-none-match", before).send();
  CHECK(after.body() == "9876543210");
  CHECK(after.header("etag") != before);
}

TEST_CASE("static_files: each target has its answer, and nothing outside is one") {
  const Tree tree;
  TestApp app(tree.routes());
  struct Case {
    std::string_view target;
    unsigned status;
    std::string_view body_or_location = {};
  };
  const Case cases[] = {
      {"/assets/", 200, "<p>home"},
      {"/assets/index.html", 200, "<p>home"},
      {"/assets", 308, "/assets/"},
      {"/assets?x=1", 308, "/assets/?x=1"},
      {"/assets/sub", 308, "/assets/sub/"},
      {"/assets/sub/", 200, "<p>sub"},
      {"/assets/sub/c.js", 200, "c()"},
      {"/assets/a%20b.css", 200, "b {}"},
      {"/%61ssets/a.txt", 200, "0123456789"},
      {"/assets/in.txt", 200, "0123456789"},
      {"/assets/noextension", 200, "x"},
      {"/assets/empty.txt", 200, ""},
      {"/assets/own", 200, "own"},
      {"/assets/missing", 404},
      {"/assets/a.txt/", 404},
      {"/assets/a.txt/x", 404},
      {"/assets/sub/empty/", 404},
      {"/assets/sub/empty", 308, "/assets/sub/empty/"},
      {"/assets/.secret", 404},
      {"/assets/%2esecret", 404},
      {"/assets/.hidden/x.txt", 404},
      {"/assets/fifo", 404},
      {"/assets/out", 404},
      {"/assets/../secret", 400},
      {"/assets/%2e%2e/secret", 400},
      {"/assets/..%2fsecret", 404},
      {"/assets/%252e%252e/secret", 404},
      {"/assets/..%5csecret", 404},
      {"/assets/..%c0%afsecret", 404},
      {"/assets/a.txt%00", 400},
      {"/assets//a.txt", 404},
      {"/assets//etc/passwd", 404},
      {"/assets/%2fetc/passwd", 404},
      {"//assets/a.txt", 404},
      {"/assetsx", 404},
  };
  for (const Case& row : cases) {
    CAPTURE(row.target);
    const TestResponse got = app.get(row.target).send();
    CHECK(http::code(got.status()) == row.status);
    CHECK(got.body() != "secret");
    if (row.status == 200) CHECK(got.body() == row.body_or_location);
    if (row.status == 308) CHECK(got.header("location") == row.body_or_location);
  }
  CHECK(app.post("/assets/a.txt").body("x").send().status() == StatusCode::MethodNotAllowed);
}

TEST_CASE("static_files: a name in front of two slashes leads to no other host") {
  const Tree tree;
  std::filesystem::create_directories(tree.root() / "evil.example");
  Router<> router;
  router.merge(files("/", tree.root()));
  TestApp app(router);
  CHECK(app.get("/evil.example").send().header("location") == "/evil.example/");
  CHECK(app.get("//evil.example").send().status() == StatusCode::NotFound);
  CHECK(app.get("/").send().body() == "<p>home");
  CHECK(app.get("/a.txt").send().body() == "0123456789");
}

TEST_CASE("static_files: below a nested router the redirect names the whole path") {
  const Tree tree;
  Router<> inner;
  inner.merge(files("/assets", tree.root()));
  Router<> router;
  router.nest<"/v1">(std::move(inner));
  TestApp app(router);
  CHECK(app.get("/v1/assets/sub").send().header("location") == "/v1/assets/sub/");
  CHECK(app.get("/v1/assets/sub/c.js").send().body() == "c()");
}

TEST_CASE("static_files: ranges of small files and of large ones, and all of a state that is gone") {
  const Tree tree;
  TestApp app(tree.routes());
  const TestResponse small = app.get("/assets/a.txt").header("range", "bytes=2-4").send();
  CHECK(small.status() == StatusCode::PartialContent);
  CHECK(small.body() == "234");
  CHECK(small.header("content-range") == "bytes 2-4/10");
  CHECK(app.get("/assets/big.bin").send().body() == kBig);
  const TestResponse large = app.get("/assets/big.bin").header("range", "bytes=100000-299999").send();
  CHECK(large.status() == StatusCode::PartialContent);
  CHECK(large.body() == kBig.substr(100'000, 200'000));
  CHECK(large.header("content-length") == "200000");
  const TestResponse many = app.get("/assets/big.bin").header("range", "bytes=0-0,70000-170000").send();
  CHECK(many.header("content-length") == std::to_string(many.body().size()));
  CHECK(many.body().find(kBig.substr(70'000, 100'001)) != std::string::npos);
  CHECK(app.get("/assets/big.bin").header("range", "bytes=999999999-").send().header("content-range") ==
        "bytes */" + std::to_string(kBig.size()));
  CHECK(app.get("/assets/big.bin").header("range", "bytes=0-0").header("if-range", "\"x\"").send().body() == kBig);
  CHECK(app.head("/assets/big.bin").send().header("content-length") == std::to_string(kBig.size()));
}

TEST_CASE("static_files: what lies there compressed is sent to those who take it, with a tag of its own") {
  const Tree tree;
  TestApp app(tree.routes());
  const TestResponse plain = app.get("/assets/sub/c.js").send();
  const TestResponse brotli = app.get("/assets/sub/c.js").header("accept-encoding", "gzip, br").send();
  CHECK(brotli.body() == "BROTLI");
  CHECK(brotli.header("content-encoding") == "br");
  CHECK(brotli.header("content-type") == "text/javascript; charset=utf-8");
  CHECK(brotli.header("vary") == "Accept-Encoding");
  CHECK(brotli.header("etag") != plain.header("etag"));
  const TestResponse gzip = app.get("/assets/sub/c.js").header("accept-encoding", "gzip, br;q=0.5").send();
  CHECK(gzip.body() == "GZIP");
  CHECK(app.get("/assets/sub/c.js").header("accept-encoding", "zstd").send().body() == "c()");
  CHECK(app.get("/assets/a.txt").header("accept-encoding", "br").send().body() == "0123456789");
  CHECK(app.get("/assets/sub/c.js").header("accept-encoding", "zstd, identity;q=0").send().status() ==
        StatusCode::NotAcceptable);
  CHECK(app.get("/assets/sub/c.js").header("accept-encoding", "br").header("range", "bytes=0-1").send().body() == "BR");
  CHECK(app.get("/assets/sub/c.js.br").send().header("content-type") == "application/octet-stream");
  TestApp without(tree.routes({.precompressed = false}));
  const TestResponse same = without.get("/assets/sub/c.js").header("accept-encoding", "br").send();
  CHECK(same.body() == "c()");
  CHECK_FALSE(same.header("vary"));
}

TEST_CASE("static_files: a page that routes by itself answers where there is no file, unless the name has a dot") {
  const Tree tree;
  TestApp app(tree.routes({.spa = "index.html"}));
  const TestResponse page = app.get("/assets/users/7").send();
  CHECK(page.status() == StatusCode::Ok);
  CHECK(page.body() == "<p>home");
  CHECK(page.header("content-type") == "text/html; charset=utf-8");
  CHECK(app.get("/assets/sub/empty/").send().body() == "<p>home");
  CHECK(app.get("/assets/missing.js").send().status() == StatusCode::NotFound);
  CHECK(app.get("/assets/.git").send().status() == StatusCode::NotFound);
  CHECK(app.get("/assets/sub/c.js").send().body() == "c()");
}

TEST_CASE("static_files: without an index there is nothing to see of a directory") {
  const Tree tree;
  TestApp app(tree.routes({.index = ""}));
  CHECK(app.get("/assets/sub/").send().status() == StatusCode::NotFound);
  CHECK(app.get("/assets/sub").send().status() == StatusCode::NotFound);
  CHECK(app.get("/assets/sub/c.js").send().body() == "c()");
}

TEST_CASE("static_files: the first rule that matches tells how long a file may be kept") {
  const Tree tree;
  TestApp app(tree.routes({.cache = {{"*.html", "no-cache"}, {"sub/**", "max-age=60"}, {"*.txt", "max-age=10"}},
                           .hashed_names_are_immutable = true}));
  const auto rule = [&](std::string_view target) {
    return std::string(app.get(target).send().header("cache-control").value_or("(none)"));
  };
  CHECK(rule("/assets/") == "no-cache");
  CHECK(rule("/assets/sub/") == "no-cache");
  CHECK(rule("/assets/sub/c.js") == "max-age=60");
  CHECK(rule("/assets/a.txt") == "max-age=10");
  CHECK(rule("/assets/app.3f2a9c1b.js") == static_files::kImmutable);
  CHECK(rule("/assets/big.bin") == "(none)");
  // An error may not be kept for as long as the file.
  const TestResponse behind = app.get("/assets/a.txt").header("range", "bytes=99-").send();
  CHECK(behind.status() == StatusCode::RangeNotSatisfiable);
  CHECK_FALSE(behind.header("cache-control"));
  CHECK(app.get("/assets/a.txt").header("if-none-match", "*").send().header("cache-control") == "max-age=10");
}

TEST_CASE("static_files: a directory that is not there is a failure of ours, and may come back") {
  const Tree tree;
  Router<> router;
  router.merge(files("/", tree.all / "later"));
  TestApp app(router);
  CHECK(app.get("/a.txt").send().status() == StatusCode::InternalServerError);
  std::filesystem::create_symlink("public", tree.all / "later");
  CHECK(app.get("/a.txt").send().body() == "0123456789");
}

TEST_CASE("static_files: while the pool is full a request is a 503 at once, and served again when it is not") {
  const Tree tree;
  const auto dispatcher = tree.routes().build().value();
  auto runtime = runtime::Builder::current_thread()
                     .blocking_pool("fs", {.max_threads = 1, .queue_limit = 1})
                     .build()
                     .value();
  const auto ask = [&]() -> Task<unsigned> {
    Request request = support::make_request(Method::Get, "/assets/a.txt");
    const Response response = co_await dispatcher->handle(Request(request.block()));
    co_return http::code(response.status());
  };
  runtime.block_on([&]() -> Task<void> {
    std::promise<void> begun;
    std::promise<void> disk;
    auto running = spawn_blocking(BuiltInPool::Fs, [&] {
      begun.set_value();
      disk.get_future().wait();
    });
    begun.get_future().wait();
    auto waiting = spawn_blocking(BuiltInPool::Fs, [] {});
    CHECK(co_await ask() == 503);
    disk.set_value();
    CHECK((co_await running).has_value());
    CHECK((co_await waiting).has_value());
    CHECK(co_await ask() == 200);
  });
}

TEST_CASE("static_files: one file is a handler") {
  const Tree tree;
  Router<> router;
  router.get<"/robots.txt">(file(tree.root() / "a.txt"));
  router.get<"/linked">(file(tree.root() / "out"));
  router.get<"/gone">(file(tree.root() / "gone"));
  router.get<"/directory">(file(tree.root() / "sub"));
  TestApp app(router);
  CHECK(app.get("/robots.txt").send().body() == "0123456789");
  CHECK(app.get("/robots.txt").header("range", "bytes=-1").send().body() == "9");
  CHECK(app.get("/linked").send().body() == "secret");  // whoever wrote the route chose it
  CHECK(app.get("/gone").send().status() == StatusCode::NotFound);
  CHECK(app.get("/directory").send().status() == StatusCode::NotFound);
}

TEST_CASE("static_files: a file that becomes shorter while it is sent cuts the connection") {
  const Tree tree;
  TestApp app(tree.routes());
  testing::Wire wire = app.connect(1000);
  const std::string_view ask = "GET /assets/big.bin HTTP/1.1\r\nHost: a\r\n\r\n";
  REQUIRE(wire.stream().try_write(std::as_bytes(std::span(ask))));
  REQUIRE(app.wait_for(wire));
  std::string got = wire.received(500);
  std::filesystem::resize_file(tree.root() / "big.bin", 150'000);
  while (!wire.closed() && app.wait_for(wire)) got += wire.received();
  CHECK(got.find("Content-Length: " + std::to_string(kBig.size())) != std::string::npos);
  CHECK(got.size() < kBig.size());
  CHECK(wire.closed());
}

TEST_CASE("static_files: files are no operations of a document, and nothing the lint speaks of") {
  Router<> app;
  app.merge(files("/assets", "public"));
  app.docs("/docs");
  const auto dispatcher = app.build().value();
  CHECK(dispatcher->lint().empty());
  for (const schema::Operation& operation : dispatcher->operations()) CHECK(operation.hidden);
}
