#include <rondeau/client/request_body.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

#include <rondeau/task/async_generator.h>
#include <rondeau/test/run.h>

using namespace rondeau;
using client::RequestBody;

namespace {

AsyncGenerator<Result<Bytes>> pieces(std::vector<std::string> texts) {
  for (std::string& text : texts) co_yield Bytes(std::move(text));
}
AsyncGenerator<Result<Bytes>> failing() {
  co_yield Bytes(std::string("some"));
  co_yield Error(Errc::ConnectionReset);
}
AsyncGenerator<std::string> texts() {
  co_yield std::string("a");
  co_yield std::string();
  co_yield std::string("b");
}

/// All of a body, or "error: …".
task::Task<std::string> read(RequestBody body) {
  auto source = body.open();
  if (!source) co_return "error: " + source.error().message();
  std::string all;
  while (true) {
    Result<Bytes> piece = co_await (*source)->next();
    if (!piece) co_return "error: " + piece.error().message();
    if (piece->empty()) co_return all;
    all += piece->view();
  }
}

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content)
      : path_(std::filesystem::temp_directory_path() / ("rondeau-body-" + std::to_string(::getpid()))) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

}  // namespace

TEST_CASE("request body: none and bytes have a length, and can be sent again") {
  test::run([]() -> Task<void> {
    const RequestBody none;
    CHECK(none.is_none());
    CHECK(none.length() == 0);
    CHECK(none.is_replayable());
    CHECK(co_await read(none) == "");
    const RequestBody text(std::string("hello"));
    CHECK(!text.is_none());
    CHECK(text.length() == 5);
    CHECK(text.bytes()->view() == "hello");
    CHECK(co_await read(text) == "hello");
    CHECK(co_await read(text) == "hello");
    CHECK(!RequestBody(std::string()).is_none());
  });
}

TEST_CASE("request body: a stream is sent once, a factory as often as needed") {
  test::run([]() -> Task<void> {
    const RequestBody once = RequestBody::stream(pieces({"a", "", "b"}));
    CHECK(!once.length());
    CHECK(!once.is_replayable());
    CHECK(once.bytes() == nullptr);
    CHECK(co_await read(once) == "ab");
    CHECK((co_await read(once)).find("sent already") != std::string::npos);
    CHECK(co_await read(RequestBody::stream(texts())) == "ab");

    int made = 0;
    const RequestBody factory = RequestBody::factory([&made] { return ++made, pieces({"x", "y"}); }, 2);
    CHECK(factory.is_replayable());
    CHECK(factory.length() == 2);
    CHECK(made == 0);
    CHECK(co_await read(factory) == "xy");
    CHECK(co_await read(factory) == "xy");
    CHECK(made == 2);
    CHECK((co_await read(RequestBody::stream(failing()))).find("reset") != std::string::npos);
  });
}

TEST_CASE("request body: a stream that was opened and not asked can be opened again") {
  test::run([]() -> Task<void> {
    const RequestBody once = RequestBody::stream(pieces({"a"}), 1);
    {
      const auto first = once.open();
      REQUIRE(first.has_value());
      CHECK((*first)->remaining() == 1);
      CHECK(once.open().error().code() == Errc::Closed);
    }
    CHECK(co_await read(once) == "a");
    CHECK(once.open().error().code() == Errc::Closed);
  });
}

TEST_CASE("request body: a length that was said is kept to") {
  test::run([]() -> Task<void> {
    for (const std::uint64_t length : {0U, 1U, 3U, 4U, 100U}) {
      CAPTURE(length);
      const RequestBody body = RequestBody::stream(pieces({"a", "bc"}), length);
      const std::string all = co_await read(body);
      CHECK((all == "abc") == (length == 3));
      if (length != 3) CHECK(all.find("another length") != std::string::npos);
    }
    const RequestBody longer = RequestBody::factory([] { return pieces({"a", "bc"}); }, 2);
    const auto source = longer.open().value();
    CHECK((co_await source->next()).has_value());
    CHECK((co_await source->next()).error().code() == Errc::InvalidData);
    CHECK((co_await source->next()).error().code() == Errc::InvalidData);
  });
}

TEST_CASE("request body: a file is sent as long as it was when it was opened") {
  test::run([]() -> Task<void> {
    const std::string content(200'000, 'x');
    const TemporaryFile file(content);
    const RequestBody body = (co_await RequestBody::file(file.path())).value();
    CHECK(body.length() == content.size());
    CHECK(body.is_replayable());
    CHECK(co_await read(body) == content);
    std::ofstream(file.path(), std::ios::app) << "more";
    CHECK(co_await read(body) == content);
    std::filesystem::resize_file(file.path(), 1'000);
    CHECK((co_await read(body)).find("another length") != std::string::npos);

    CHECK((co_await RequestBody::file("/nowhere/at/all")).error().code() == Errc::NotFound);
    CHECK(!(co_await RequestBody::file("/")));
    const TemporaryFile empty("");
    CHECK(co_await read((co_await RequestBody::file(empty.path())).value()) == "");
  });
}
