#include <rondeau/testing/recording.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/rondeau.h>

#include "support/temporary_directory.h"

using namespace rondeau;
using testing::differences;
using testing::Recorder;
using testing::Recording;

namespace {

struct Sum {
  int value = 0;
};

Router<> routes(int add = 0) {
  Router<> app;
  app.post<"/add">([add](Json<Sum> sum) { return Json{Sum{sum->value + add}}; });
  app.get<"/bytes">([] { return Response::bytes(Bytes(std::string("\xff\0x", 3))); });
  app.get<"/stream">([] {
    return Response::stream(
        [](BodyWriter& out) -> Task<Result<void>> { co_return co_await out.write(Bytes::from_static("pieces")); });
  });
  app.post<"/long">([](std::string text) { return std::to_string(text.size()); });
  return app;
}

Router<> recorded(const std::string& folder, testing::RecorderOptions options = {}) {
  Router<> app = routes(1);
  options.folder = folder;
  app.layer(Recorder(std::move(options)));
  return app;
}

std::size_t count(const std::string& folder) {
  if (!std::filesystem::exists(folder)) return 0;
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

}  // namespace

TEST_CASE("testing: what a service was asked is asked again, and a changed answer is told") {
  const support::TemporaryDirectory directory;
  const std::string folder = directory.path().native() + "/a/b";
  TestApp app(recorded(folder));
  CHECK(app.post("/add")
            .header("x-a", "1")
            .header("authorization", "Bearer secret")
            .json(Sum{41})
            .send()
            .json<Sum>()
            .value == 42);
  const Recording recording = Recording::load(folder + "/000001.json").value();
  CHECK(recording.method == "POST");
  CHECK(recording.target == "/add");
  CHECK(recording.body == R"({"value":41})");
  CHECK(recording.status == 200);
  CHECK(recording.answer == R"({"value":42})");
  CHECK(recording.to_json().find("secret") == std::string::npos);
  CHECK(recording.fields.size() == 2);

  TestApp same(routes(1));
  CHECK(differences(recording, testing::repeat(same, recording).send()) == std::vector<std::string>{});
  TestApp changed(routes(2));
  CHECK(differences(recording, testing::repeat(changed, recording).send()) ==
        std::vector<std::string>{R"(body: {"value":43})"});
  TestApp gone{Router<>()};
  const auto all = differences(recording, testing::repeat(gone, recording).send());
  REQUIRE(all.size() == 3);
  CHECK(all[0] == "status: 404, not 200");
  CHECK(all[1] == "content-type: application/problem+json, not application/json");
}

TEST_CASE("testing: bytes are kept as they are, and of a stream all but its body") {
  const support::TemporaryDirectory directory;
  TestApp app(recorded(directory.path().native() + "/r"));
  app.get("/bytes").send();
  app.get("/stream").send();
  const Recording bytes = Recording::load(directory.path().native() + "/r/000001.json").value();
  CHECK(bytes.answer == std::string("\xff\0x", 3));
  const Recording copy = [&] {
    bytes.save(directory.path().native() + "/copy.json").value();
    return Recording::load(directory.path().native() + "/copy.json").value();
  }();
  CHECK(copy.to_json() == bytes.to_json());
  CHECK_FALSE(Recording::load(directory.path().native() + "/r/000002.json").value().answer);
}

TEST_CASE("testing: a recorder keeps what is small, and no more than it was told") {
  const support::TemporaryDirectory directory;
  const std::string folder = directory.path().native() + "/r";
  TestApp app(recorded(folder, {.max_body = 10, .most = 2}));
  CHECK(app.post("/long").body(std::string(20'000, 'x')).send().body() == "20000");
  CHECK(count(folder) == 0);
  for (int i = 0; i < 4; ++i) CHECK(app.post("/long").body("short").send().body() == "5");
  CHECK(count(folder) == 2);
}

TEST_CASE("testing: a recorder that cannot write answers all the same") {
  TestApp app(recorded("/dev/null/no"));
  CHECK(app.get("/bytes").send().status() == StatusCode::Ok);
}

TEST_CASE("testing: a file that is no recording is an error with its name") {
  const support::TemporaryDirectory directory;
  CHECK(Recording::load(directory.path().native() + "/none").error() == Errc::NotFound);
  std::ofstream(directory.path().native() + "/bad") << "{}";
  const auto bad = Recording::load(directory.path().native() + "/bad");
  CHECK(bad.error() == Errc::InvalidData);
  CHECK(bad.error().message().find("/bad") != std::string::npos);
}

TEST_CASE("testing: a recording becomes a line for a shell, with nothing left for the shell or curl to read") {
  Recording recording;
  recording.method = "POST";
  recording.target = "/a/../{b}?c=$d";
  recording.fields = {{"x-quote", "it's"}, {"x-empty", ""}};
  recording.body = "@'x'";
  CHECK(testing::to_curl(recording, "http://127.0.0.1:80") ==
        R"(curl -i --path-as-is -g -X POST -H 'x-quote: it'\''s' -H 'x-empty;' -H 'Content-Type:')"
        R"( --data-raw '@'\''x'\''' 'http://127.0.0.1:80/a/../{b}?c=$d')");
  recording = {};
  recording.method = "HEAD";
  recording.target = "/";
  CHECK(testing::to_curl(recording, "http://a") == "curl -i --path-as-is -g -I 'http://a/'");
  recording.method = "PUT";
  recording.fields = {{"content-type", "application/octet-stream"}};
  recording.body = std::string("\0\xff", 2);
  CHECK(testing::to_curl(recording, "http://a") ==
        "echo AP8= | base64 -d | curl -i --path-as-is -g -X PUT -H 'content-type: application/octet-stream'"
        " --data-binary @- 'http://a/'");
}

TEST_CASE("testing: a recording becomes a test case") {
  Recording recording;
  recording.method = "POST";
  recording.target = "/add";
  recording.fields = {{"content-type", "application/json"}};
  recording.body = "{\"value\":\n\x01\x31}";
  recording.status = 200;
  recording.answer_fields = {{"Content-Type", "application/json"}};
  recording.answer = R"({"value":2})";
  CHECK(testing::to_test_case(recording) ==
        R"x(TEST_CASE("POST /add is 200") {
  TestApp app(routes());
  const auto answer = app.request(*http::parse_method("POST"), "/add")
      .header("content-type", "application/json")
      .body("{\"value\":\n\0011}")
      .send();
  CHECK(http::code(answer.status()) == 200);
  CHECK(answer.header("content-type") == "application/json");
  CHECK(answer.body() == "{\"value\":2}");
}
)x");
  recording = {.method = "GET", .target = "/", .status = 200, .answer = std::string("a\0b", 3)};
  CHECK(testing::to_test_case(recording).find(R"(CHECK(answer.body() == std::string("a\000b", 3));)") !=
        std::string::npos);
}
