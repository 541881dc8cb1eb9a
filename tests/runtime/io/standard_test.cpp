#include <rondeau/io/standard.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/base/unique_fd.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/blocking.h>
#include <rondeau/task/spawn.h>

#include "../sync/flavors.h"

using namespace rondeau;
using sync_test::on_each_flavor;

namespace {

/// While it lives, the process's descriptor `number` is one end of a pipe, whose other end is here.
class Redirected {
 public:
  enum class End { Read, Write };
  Redirected(int number, End mine) : number_(number), before_(::fcntl(number, F_DUPFD_CLOEXEC, 3)) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const base::UniqueFd theirs(mine == End::Read ? ends[1] : ends[0]);
    other_.reset(mine == End::Read ? ends[0] : ends[1]);
    REQUIRE(::dup2(theirs.get(), number) == number);
  }
  ~Redirected() { restore(); }
  void restore() {
    if (before_) ::dup2(before_.get(), number_);
    before_.reset();
  }
  void write(std::string_view text) const { REQUIRE(::write(other_.get(), text.data(), text.size()) > 0); }
  std::string read_all() {
    restore();
    std::string all;
    std::array<char, 4096> chunk;
    for (ssize_t count = 0; (count = ::read(other_.get(), chunk.data(), chunk.size())) > 0;) {
      all.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return all;
  }
  ssize_t read_some(std::span<char> out) const { return ::read(other_.get(), out.data(), out.size()); }
  void close_other() { other_.reset(); }

 private:
  int number_;
  base::UniqueFd before_;
  base::UniqueFd other_;
};

Task<std::string> read_text(io::Reader& reader, std::size_t at_most = 64) {
  std::string text(at_most, '\0');
  auto count = co_await reader.read_some(std::as_writable_bytes(std::span(text)));
  text.resize(count ? *count : 0);
  co_return text;
}

}  // namespace

TEST_CASE("IO14: stdin: it is read on a blocking thread, and its end is 0") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    Redirected input(STDIN_FILENO, Redirected::End::Write);
    runtime.block_on([&]() -> Task<void> {
      io::Stdin in = io::stdin();
      auto reading = spawn([&]() -> Task<std::string> { co_return co_await read_text(in); });
      // Others go on while it waits.
      (co_await spawn([]() -> Task<void> { co_return; })).value();
      input.write("typed");
      CHECK((co_await reading).value() == "typed");
      input.close_other();
      CHECK((co_await read_text(in)).empty());
    });
  });
}

TEST_CASE("IO14: stdin: what a destroyed await had read is read by the next, from another handle too") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  Redirected input(STDIN_FILENO, Redirected::End::Write);
  runtime.block_on([&]() -> Task<void> {
    auto reading = spawn([]() -> Task<void> {
      io::Stdin in = io::stdin();
      static_cast<void>(co_await read_text(in));
    });
    co_await sync_test::settle();
    reading.abort();
    static_cast<void>(co_await reading);
    input.write("kept");
    io::Stdin in = io::stdin();
    CHECK(co_await read_text(in, 1) == "k");
    CHECK(co_await read_text(in) == "ept");
  });
}

TEST_CASE("IO14: stdout: writes of one handle come in order and are in the kernel when they return") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    Redirected output(STDOUT_FILENO, Redirected::End::Read);
    runtime.block_on([]() -> Task<void> {
      io::Stdout out = io::stdout();
      CHECK(co_await out.write_all("one "));
      CHECK(co_await out.write_all("two"));
    });
    CHECK(output.read_all() == "one two");
  });
}

TEST_CASE("IO14: stdout, stderr: what a call writes comes out whole, whoever else writes") {
  const runtime::Runtime runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  static constexpr std::size_t kPiece = 100'000;  // more than a pipe takes at once
  Redirected output(STDERR_FILENO, Redirected::End::Read);
  std::string all;
  runtime.block_on([&]() -> Task<void> {
    std::vector<JoinHandle<void>> tasks;
    for (char c = 'a'; c < 'e'; ++c) {
      tasks.push_back(spawn([c]() -> Task<void> {
        io::Stderr out = io::stderr();
        for (int i = 0; i < 5; ++i) CHECK(co_await out.write_all(std::string(kPiece, c)));
      }));
    }
    auto reading = spawn_blocking([&] {
      std::array<char, 65536> chunk;
      while (all.size() < 20 * kPiece) {
        const ssize_t count = output.read_some(chunk);
        REQUIRE(count > 0);
        all.append(chunk.data(), static_cast<std::size_t>(count));
      }
    });
    for (auto& task : tasks) (co_await task).value();
    (co_await reading).value();
  });
  output.restore();
  bool whole = true;
  for (std::size_t at = 0; at < all.size(); at += kPiece) {
    const std::string_view piece = std::string_view(all).substr(at, kPiece);
    whole = whole && piece.find_first_not_of(piece[0]) == std::string_view::npos;
  }
  CHECK(whole);
}

TEST_CASE("IO14: stdout: a write whose await is destroyed comes out, and the next write's outcome is its own") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  Redirected output(STDOUT_FILENO, Redirected::End::Read);
  runtime.block_on([]() -> Task<void> {
    io::Stdout out = io::stdout();
    {
      auto write = out.write_some(std::as_bytes(std::span(std::string_view("dropped, not lost; "))));
      CHECK_FALSE(write.try_now());
    }
    CHECK((co_await out.write_some(std::as_bytes(std::span(std::string_view("2"))))).value() == 1);
  });
  CHECK(output.read_all() == "dropped, not lost; 2");
}

TEST_CASE("IO14: stdout: a reader that is gone is an error, not the end of the process") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  Redirected output(STDOUT_FILENO, Redirected::End::Read);
  output.close_other();
  const auto error = runtime.block_on([]() -> Task<Result<void>> {
    io::Stdout out = io::stdout();
    co_return co_await out.write_all("nobody");
  });
  output.restore();
  CHECK(error.error() == Errc::BrokenPipe);
}
