#include <rondeau/io/halves.h>

#include <string>

#include <doctest/doctest.h>

#include <rondeau/io/any_stream.h>
#include <rondeau/io/duplex.h>
#include <rondeau/io/read.h>

#include "runtime/sync/flavors.h"
#include "streams.h"
#include "support/aborts.h"
#include "support/hand_runtime.h"

namespace {

using namespace io_test;
using support::HandRuntime;

TEST_CASE("IO12: io: the halves of a stream are used by two tasks at once") {
  sync_test::on_each_flavor([](const runtime::Runtime& runtime) {
    runtime.block_on([]() -> Task<void> {
      auto [near, far] = io::duplex(16);
      auto [near_reader, near_writer] = io::split(std::move(near));
      auto [far_reader, far_writer] = io::split(io::AnyStream(std::move(far)));
      constexpr std::size_t kBytes = 5'000;
      auto send = [](auto writer) -> Task<bool> {
        for (std::size_t i = 0; i < kBytes; ++i) {
          const auto byte = static_cast<std::byte>(i % 251);
          if (!co_await writer.write_all(std::span(&byte, 1))) co_return false;
        }
        co_return (co_await writer.shutdown()).has_value();
      };
      auto receive = [](auto reader) -> Task<bool> {
        std::vector<std::byte> all;
        if (!co_await io::read_to_end(reader, all, kBytes)) co_return false;
        for (std::size_t i = 0; i < all.size(); ++i) {
          if (all[i] != static_cast<std::byte>(i % 251)) co_return false;
        }
        co_return all.size() == kBytes;
      };
      auto a = spawn(send, std::move(near_writer));
      auto b = spawn(send, std::move(far_writer));
      auto c = spawn(receive, std::move(near_reader));
      auto d = spawn(receive, std::move(far_reader));
      CHECK((co_await a).value());
      CHECK((co_await b).value());
      CHECK((co_await c).value());
      CHECK((co_await d).value());
    }());
  });
}

TEST_CASE("IO12: io: unsplit gives the stream back") {
  auto [near, far] = io::duplex(16);
  auto [reader, writer] = io::split(std::move(near));
  CHECK(writer.is_pair_of(reader));
  io::DuplexStream whole = io::unsplit(std::move(reader), std::move(writer));
  REQUIRE(whole.try_write(bytes_of("hello")));
  CHECK(drain(far) == "hello");
}

TEST_CASE("IO12: io: a stream lives until both its halves are gone") {
  auto ends = io::duplex(16);
  auto halves = std::make_unique<std::pair<io::ReadHalf<io::DuplexStream>, io::WriteHalf<io::DuplexStream>>>(
      io::split(std::move(ends.first)));
  std::array<std::byte, 1> byte;
  {
    const auto gone = std::move(halves->first);
  }
  CHECK(ends.second.try_read(byte).error() == Errc::WouldBlock);
  halves.reset();
  CHECK(ends.second.try_read(byte).value() == 0);
}

TEST_CASE("IO12: io: unsplit of halves of two streams aborts") {
  const std::string said = support::said_at_abort([] {
    auto [a, b] = io::duplex(16);
    auto [reader_a, writer_a] = io::split(std::move(a));
    auto [reader_b, writer_b] = io::split(std::move(b));
    static_cast<void>(io::unsplit(std::move(reader_a), std::move(writer_b)));
  });
  CHECK(said.find("not split from one stream") != std::string::npos);
}

TEST_CASE("IO12: io: join makes one stream of a reader and a writer, which wait each for itself") {
  HandRuntime runtime;
  auto [in, feed] = io::simplex(4);
  auto [sunk, out] = io::simplex(4);
  auto both = io::join(in, std::move(out));
  static_assert(std::derived_from<decltype(both), io::Stream>);
  std::string got;
  auto reading = runtime.spawn([&]() -> Task<void> { CHECK(co_await io::read_to_string(both, got, 99)); });
  auto writing = runtime.spawn([&]() -> Task<void> {
    CHECK(co_await both.write_all("out of here"));
    CHECK(co_await both.shutdown());
  });
  std::string sent;
  for (int i = 0; i < 5; ++i) {
    runtime.run_ready();
    sent += drain(sunk);
    static_cast<void>(feed.try_write(bytes_of("in")));
  }
  REQUIRE(feed.try_shutdown(io::How::Write));
  runtime.run_ready();
  CHECK(reading.is_finished());
  CHECK(writing.is_finished());
  CHECK(sent == "out of here");
  CHECK(got == "ininininin");
}

}  // namespace
