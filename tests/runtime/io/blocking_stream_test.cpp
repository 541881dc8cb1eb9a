#include <rondeau/io/blocking_stream.h>

#include <iostream>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <rondeau/io/buf_reader.h>
#include <rondeau/io/duplex.h>
#include <rondeau/io/pieces.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/blocking.h>

#include "runtime/sync/flavors.h"
#include "streams.h"
#include "support/aborts.h"
#include "support/captured_stderr.h"

namespace {

using namespace io_test;
using io::BlockingStream;

TEST_CASE("IO17: io: a thread talks through std::iostream with a task") {
  sync_test::on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto [near, far] = io::duplex(16);
      auto server = spawn(
          [](io::DuplexStream stream) -> Task<int> {
            int served = 0;
            auto lines = io::lines(io::BufReader(stream), 99);
            while (auto line = co_await lines.next()) {
              if (!co_await stream.write_all("got " + line->value() + "\n")) break;
              ++served;
            }
            co_return served;
          },
          std::move(far));
      auto answers = co_await blocking(
          [](io::DuplexStream stream) {
            BlockingStream bytes(stream, 8);
            std::iostream text(&bytes);
            std::string all;
            for (int i = 0; i < 50; ++i) {
              text << "line number " << i << std::endl;
              std::string line;
              std::getline(text, line);
              all += line + ";";
            }
            if (!bytes.shutdown()) all += "not shut down";
            return all;
          },
          std::move(near));
      std::string expected;
      for (int i = 0; i < 50; ++i) expected += "got line number " + std::to_string(i) + ";";
      CHECK(answers.value() == expected);
      CHECK((co_await server).value() == 50);
    }());
  });
}

TEST_CASE("IO17: io: a BlockingStream reads to the end, and writes what is flushed") {
  io::SimplexReader reader = source("1 2 3 4");
  BlockingStream in(reader, 2);
  std::istream numbers(&in);
  int sum = 0;
  for (int number = 0; numbers >> number;) sum += number;
  CHECK(sum == 10);
  CHECK(numbers.eof());
  CHECK(in.error() == Errc::Ok);

  RecordingWriter sink;
  BlockingStream out(sink);
  std::ostream text(&out);
  text << "some " << 12;
  CHECK(sink.writes.empty());
  text << std::flush;
  CHECK(sink.writes == std::vector<std::string>{"some 12"});
  CHECK(sink.flushes == 1);
}

TEST_CASE("IO17: io: a BlockingStream hands on chunks of 4 KiB unless told otherwise") {
  RecordingWriter sink;
  BlockingStream out(sink);
  std::ostream text(&out);
  text << std::string(10'000, 'x') << std::flush;
  REQUIRE(sink.writes.size() == 3);
  CHECK(sink.writes[0].size() == 4096);
  CHECK(sink.text() == std::string(10'000, 'x'));
}

TEST_CASE("IO17: io: what goes wrong under a BlockingStream is told by it") {
  RecordingWriter sink;
  sink.failure = Errc::BrokenPipe;
  BlockingStream out(sink);
  std::ostream text(&out);
  text << "lost" << std::flush;
  CHECK(text.bad());
  CHECK(out.error() == Errc::BrokenPipe);
}

#ifndef NDEBUG
TEST_CASE("IO17: io: debug builds say that a BlockingStream was destroyed with bytes inside") {
  const support::CapturedStderr stderr_text;
  RecordingWriter sink;
  {
    BlockingStream out(sink);
    std::ostream(&out) << "lost";
  }
  CHECK(stderr_text.text().find("with 4 bytes") != std::string::npos);
}
#endif

TEST_CASE("IO17: io: a BlockingStream on a worker aborts and says what to do") {
  const std::string said = support::said_at_abort([] {
    sync_test::current_thread().block_on([]() -> Task<void> {
      io::SimplexReader reader = source("x");
      BlockingStream in(reader);
      std::istream(&in).get();
      co_return;
    }());
  });
  CHECK(said.find("spawn_blocking") != std::string::npos);
  CHECK(said.find("blocking_stream_test.cpp") != std::string::npos);
}

}  // namespace
