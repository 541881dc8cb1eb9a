// What the room makes of streams, made of files.
#include <rondeau/fs/file.h>

#include <unistd.h>

#include <string>

#include <doctest/doctest.h>

#include <rondeau/io/buf_reader.h>
#include <rondeau/io/buf_writer.h>
#include <rondeau/io/bytes_codec.h>
#include <rondeau/io/copy.h>
#include <rondeau/io/delimited_codec.h>
#include <rondeau/io/framed.h>
#include <rondeau/io/pieces.h>

#include "runtime/sync/flavors.h"

namespace {

using namespace rondeau;

TEST_CASE("IO8: io: files are written and read through buffers, by lines, in frames, and copied, on every runtime") {
  const std::string path = "/tmp/rondeau-io-" + std::to_string(::getpid());
  sync_test::on_each_flavor([&path](const runtime::Runtime& runtime) {
    runtime.block_on([](std::string where) -> Task<void> {
      constexpr int kLines = 3'000;
      {
        io::BufWriter out((co_await fs::File::create(where)).value(), 500);
        for (int i = 0; i < kLines; ++i) CHECK(co_await out.write_all("line " + std::to_string(i) + "\n"));
        CHECK(co_await out.flush());
      }
      io::BufReader in((co_await fs::File::open(where)).value(), 700);
      int seen = 0;
      auto lines = io::lines(in, 20);
      while (auto line = co_await lines.next()) seen += line->value() == "line " + std::to_string(seen);
      CHECK(seen == kLines);
      CHECK((co_await in.seek(io::SeekFrom::start(5))).value() == 5);
      std::string word;
      CHECK((co_await io::read_line(in, word, 20)).value() == 2);
      CHECK(word == "0");
      CHECK((co_await io::position(in)).value() == 7);

      io::FramedRead frames((co_await fs::File::open(where)).value(), io::LinesCodec(20));
      for (seen = 0; auto frame = co_await frames.next();) seen += frame->value() == "line " + std::to_string(seen);
      CHECK(seen == kLines);

      fs::File from = (co_await fs::File::open(where)).value();
      fs::File to = (co_await fs::File::create(where + ".copy")).value();
      const auto size = (co_await from.metadata()).value().len();
      CHECK((co_await io::copy(from, to)).value() == size);
      CHECK((co_await to.position()).value() == size);
    }(path));
  });
  ::unlink(path.c_str());
  ::unlink((path + ".copy").c_str());
}

}  // namespace
