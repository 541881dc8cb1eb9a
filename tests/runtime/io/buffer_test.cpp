#include <rondeau/io/buffer.h>

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "streams.h"
#include "support/hand_runtime.h"

namespace {

using namespace io_test;
using io::Buffer;
using support::HandRuntime;

TEST_CASE("io: a buffer gives in order what was put into it, over any growth") {
  Buffer buffer;
  std::string expected;
  std::string got;
  for (std::size_t i = 0; i < 2'000; ++i) {
    const std::string text = std::to_string(i * i) + ";";
    buffer.append(text);
    expected += text;
    if (i % 3 == 0) {
      const std::size_t count = buffer.size() / 2;
      got += buffer.view().substr(0, count);
      buffer.consume(count);
    }
  }
  got += buffer.view();
  CHECK(got == expected);
}

TEST_CASE("io: a buffer that is used up again and again keeps its memory") {
  Buffer buffer(4096);
  const std::byte* memory = buffer.spare().data();
  for (int i = 0; i < 100; ++i) {
    buffer.append(std::string(1000, 'x'));
    buffer.consume(1000);
    buffer.reserve(3000);
  }
  CHECK(buffer.spare().data() == memory);
}

TEST_CASE("io: a piece cut off a buffer stays as it is while the buffer goes on") {
  Buffer buffer(8192);
  std::vector<Bytes> pieces;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    buffer.append(std::string(3000, letter));
    pieces.push_back(buffer.split_to(3000));
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    CHECK(pieces[i].view() == std::string(3000, static_cast<char>('a' + i)));
  }
}

TEST_CASE("io: a long piece is cut off a buffer without copying, a short one does not keep its memory") {
  Buffer buffer(8192);
  const std::byte* memory = buffer.spare().data();
  buffer.append(std::string(5000, 'x'));
  const Bytes cut = buffer.split_to(4000);
  CHECK(reinterpret_cast<const std::byte*>(cut.data()) == memory);
  const Bytes copied = buffer.split_to(10);
  CHECK(reinterpret_cast<const std::byte*>(copied.data()) != memory + 4000);
  CHECK(copied.view() == "xxxxxxxxxx");
  CHECK(buffer.size() == 990);
}

TEST_CASE("IO2: io: read_buf appends into the spare room, and an aborted one has taken nothing") {
  HandRuntime runtime;
  auto [reader, writer] = io::simplex(64);
  Buffer buffer;
  buffer.append("here ");
  auto aborted =
      runtime.spawn([&in = reader, &buffer]() -> Task<void> { static_cast<void>(co_await in.read_buf(buffer)); });
  runtime.run_ready();
  REQUIRE(writer.try_write(bytes_of("and there")));
  aborted.abort();
  runtime.run_ready();
  CHECK(buffer.view() == "here ");
  runtime.block_on([&in = reader, &buffer]() -> Task<void> {
    CHECK((co_await in.read_buf(buffer)).value() == 9);
    CHECK(buffer.view() == "here and there");
  });
}

TEST_CASE("IO6: io: write_all_buf leaves in the buffer what was not written when it is destroyed at any of its waits") {
  for (std::size_t rounds = 1; rounds < 6; ++rounds) {
    CAPTURE(rounds);
    HandRuntime runtime;
    auto [reader, writer] = io::simplex(3);
    Buffer buffer;
    buffer.append("0123456789");
    auto writing = runtime.spawn(
        [&out = writer, &buffer]() -> Task<void> { static_cast<void>(co_await out.write_all_buf(buffer)); });
    std::string got;
    for (std::size_t i = 1; i < rounds; ++i) {
      runtime.run_ready();
      got += drain(reader);
    }
    runtime.run_ready();
    writing.abort();
    runtime.run_ready();
    got += drain(reader);
    CHECK(got + std::string(buffer.view()) == "0123456789");
  }
}

}  // namespace
