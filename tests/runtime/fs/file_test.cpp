#include <rondeau/fs/file.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/io/read.h>
#include <rondeau/task/spawn.h>
#include <rondeau/task/yield_now.h>

#include "../sync/flavors.h"
#include "fs/held_files.h"
#include "support/open_descriptors.h"
#include "support/temporary_directory.h"

using namespace rondeau;
using namespace rondeau::fs;
using fs_test::bytes_of;
using fs_test::HeldFiles;
using fs_test::one_thread_for_files;
using fs_test::read_text;
using io::SeekFrom;
using support::TemporaryDirectory;
using sync_test::on_each_flavor;
using sync_test::settle;
using sync_test::until;

static_assert(File::WriteSome::cancel_safety == CancelSafety::Loses);
static_assert(io::Writer::WriteSome::cancel_safety == CancelSafety::Safe);

TEST_CASE("FS1: file: what is written to a file is read from it again, and the end is 0") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    const TemporaryDirectory here;
    runtime.block_on([&]() -> Task<void> {
      File file = (co_await File::create_new(here / "new")).value();
      CHECK(co_await file.write_all("to be read"));
      CHECK(here.get("new") == "to be read");  // no flush between
      CHECK((co_await file.seek(SeekFrom::start(0))).value() == 0);
      CHECK(co_await read_text(file) == "to be read");
      CHECK((co_await read_text(file)).empty());
      CHECK(co_await std::move(file).close());

      File again = (co_await File::open(here / "new")).value();
      std::string text;
      CHECK((co_await io::read_to_string(again, text, 100)).value() == 10);
      CHECK(text == "to be read");
    });
  });
}

TEST_CASE("FS1: file: each read and write is one blocking call on the pool of files, of at most max_buf_size bytes") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  const TemporaryDirectory here;
  runtime.block_on([&]() -> Task<void> {
    const std::string large(3 * 1024 * 1024, 'x');
    File file = (co_await File::create_new(here / "large")).value();
    CHECK(file.max_buf_size() == 2 * 1024 * 1024);
    CHECK((co_await file.write_some(bytes_of(large))).value() == 2 * 1024 * 1024);
    const std::vector<io::ConstBuffer> pieces(3, io::ConstBuffer(std::string_view(large).substr(0, 1024 * 1024)));
    CHECK((co_await file.write_vectored(pieces)).value() == 2 * 1024 * 1024);
    std::vector<std::byte> buffer(large.size());
    CHECK((co_await file.read_at(buffer, 0)).value() == 2 * 1024 * 1024);
    CHECK(co_await file.rewind());
    CHECK((co_await file.read_some(buffer)).value() == 2 * 1024 * 1024);
    file.set_max_buf_size(10);
    CHECK((co_await file.read_some(buffer)).value() == 10);
    CHECK((co_await file.write_at(bytes_of(large), 0)).value() == 10);
    CHECK(co_await file.write_all(std::string_view("more than ten bytes")));
    CHECK((co_await file.position()).value() == 2 * 1024 * 1024 + 10 + 19);
  });
}

TEST_CASE("FS1: file: a read whose await is destroyed loses nothing: the next one gets its bytes") {
  const runtime::Runtime runtime = one_thread_for_files();
  const TemporaryDirectory here;
  here.put("text", "0123456789");
  runtime.block_on([&]() -> Task<void> {
    File file = (co_await File::open(here / "text")).value();
    for (const bool finished : {false, true}) {  // destroyed while the call waits, and when its bytes are there
      CAPTURE(finished);
      CHECK(co_await file.rewind());
      std::optional<HeldFiles> held(std::in_place);
      auto reading = spawn([&]() -> Task<void> { static_cast<void>(co_await read_text(file, 6)); });
      co_await settle();
      if (finished) {
        held->let_go();
        while (!file.try_flush()) std::this_thread::yield();
      }
      reading.abort();
      CHECK((co_await reading).error().is_cancelled());
      held->let_go();
      CHECK(co_await read_text(file, 4) == "0123");
      CHECK((co_await file.position()).value() == 4);  // though the kernel was at 6
      CHECK(co_await read_text(file) == "456789");
    }
  });
}

TEST_CASE(
    "FS1: file: a write whose await is destroyed still happens, before what is written next, and is not mistaken for "
    "it") {
  const runtime::Runtime runtime = one_thread_for_files();
  const TemporaryDirectory here;
  runtime.block_on([&]() -> Task<void> {
    for (const bool finished : {false, true}) {
      CAPTURE(finished);
      File file = (co_await File::create(here / "text")).value();
      HeldFiles held;
      auto writing = spawn([&]() -> Task<void> { CHECK(co_await file.write_all("first, and long")); });
      co_await settle();
      if (finished) {
        held.let_go();
        while (!file.try_flush()) std::this_thread::yield();
      }
      writing.abort();
      CHECK((co_await writing).error().is_cancelled());
      auto next = spawn([&]() -> Task<std::size_t> { co_return (co_await file.write_some(bytes_of("; 2"))).value(); });
      co_await settle();
      held.let_go();
      CHECK((co_await next).value() == 3);
      CHECK(here.get("text") == "first, and long; 2");
    }
  });
}

TEST_CASE(
    "FS1: file: a write as some io::Writer has reached the kernel when it returns, cancelled ones before it too") {
  const runtime::Runtime runtime = one_thread_for_files();
  const TemporaryDirectory here;
  runtime.block_on([&]() -> Task<void> {
    File file = (co_await File::create(here / "text")).value();
    io::Writer& writer = file;
    HeldFiles held;
    auto writing = spawn([&]() -> Task<void> { CHECK(co_await writer.write_some(bytes_of("lost? "))); });
    co_await settle();
    writing.abort();
    static_cast<void>(co_await writing);
    auto flushing = spawn([&]() -> Task<void> { CHECK(co_await writer.flush()); });
    co_await settle();
    CHECK_FALSE(flushing.is_finished());
    held.let_go();
    (co_await flushing).value();
    CHECK(here.get("text") == "lost? ");
    CHECK(co_await writer.write_all("no"));
    CHECK(here.get("text") == "lost? no");
  });
}

TEST_CASE("FS1: file: a write that waits when the runtime shuts down reaches the file") {
  const TemporaryDirectory here;
  std::optional<HeldFiles> held;
  std::optional<JoinHandle<void>> sentinel;
  std::thread opener;
  {
    const runtime::Runtime runtime = one_thread_for_files(1);
    const auto entered = runtime.enter();
    runtime.block_on([&]() -> Task<void> {
      File file = (co_await File::create(here / "text")).value();
      held.emplace();
      CHECK(file.try_write(bytes_of("in time")).error() == Errc::WouldBlock);  // queued
    });
    sentinel = spawn_blocking(BuiltInPool::Fs, [] {});
    opener = std::thread([&] {
      while (!sentinel->is_finished()) std::this_thread::yield();  // the pool is sealed
      held->let_go();
    });
  }
  opener.join();
  CHECK(here.get("text") == "in time");
}

TEST_CASE("FS1: file: reads and writes wait for room in a full pool, and come through") {
  const runtime::Runtime runtime = one_thread_for_files(2, 1);
  const TemporaryDirectory here;
  runtime.block_on([&]() -> Task<void> {
    std::vector<JoinHandle<void>> tasks;
    for (int i = 0; i < 16; ++i) {
      tasks.push_back(spawn([&here, i]() -> Task<void> {
        const std::string name = std::to_string(i);
        File file = (co_await File::create_new(here / name.c_str())).value();
        for (int k = 0; k < 20; ++k) CHECK(co_await file.write_all(name));
        CHECK(co_await file.rewind());
        std::string text;
        CHECK(co_await io::read_to_string(file, text, 1000));
        CHECK(text.size() == 20 * name.size());
      }));
    }
    for (auto& task : tasks) (co_await task).value();
  });
}

TEST_CASE("FS1: file: seeking goes from the start, the end, and from where the user is") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    const TemporaryDirectory here;
    here.put("text", "0123456789");
    runtime.block_on([&]() -> Task<void> {
      File file = (co_await File::open(here / "text")).value();
      CHECK((co_await file.seek(SeekFrom::end(-3))).value() == 7);
      CHECK(co_await read_text(file) == "789");
      CHECK((co_await file.seek(SeekFrom::start(2))).value() == 2);
      CHECK(co_await read_text(file, 2) == "23");
      CHECK((co_await file.seek(SeekFrom::current(-1))).value() == 3);
      CHECK((co_await file.position()).value() == 3);
      CHECK((co_await file.seek(SeekFrom::current(-4))).error() == Errc::InvalidArgument);
      CHECK((co_await file.position()).value() == 3);
    });
  });
}

TEST_CASE("FS1: file: read_at and write_at leave the position alone") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    const TemporaryDirectory here;
    here.put("text", "0123456789");
    runtime.block_on([&]() -> Task<void> {
      File file = (co_await File::options().read(true).write(true).open(here / "text")).value();
      std::array<std::byte, 4> buffer;
      CHECK((co_await file.read_at(buffer, 8)).value() == 2);
      CHECK(buffer[0] == std::byte{'8'});
      CHECK((co_await file.read_at(buffer, 10)).value() == 0);
      CHECK((co_await file.write_at(bytes_of("ab"), 4)).value() == 2);
      CHECK((co_await file.position()).value() == 0);
      CHECK(here.get("text") == "0123ab6789");
    });
  });
}

TEST_CASE("FS1: file: length, permissions, metadata and syncing") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    const TemporaryDirectory here;
    runtime.block_on([&]() -> Task<void> {
      File file = (co_await File::create(here / "file")).value();
      CHECK(co_await file.write_all("content"));
      CHECK(co_await file.sync_all());
      CHECK(co_await file.sync_data());
      CHECK(co_await file.set_len(3));
      CHECK(here.get("file") == "con");
      CHECK(co_await file.set_len(5));
      CHECK(here.get("file") == std::string("con\0\0", 5));
      CHECK(co_await file.set_permissions(Permissions::from_mode(0640)));
      const Metadata metadata = (co_await file.metadata()).value();
      CHECK(metadata.is_file());
      CHECK(metadata.len() == 5);
      CHECK(metadata.permissions() == Permissions::from_mode(0640));
      CHECK(metadata.nlink() == 1);
      CHECK(metadata.uid() == ::getuid());
      struct stat expected{};
      REQUIRE(::fstat(file.fd(), &expected) == 0);
      CHECK(metadata.ino() == expected.st_ino);
      CHECK(metadata.dev() == expected.st_dev);
      CHECK(metadata.modified().time_since_epoch() ==
            std::chrono::seconds(expected.st_mtim.tv_sec) + std::chrono::nanoseconds(expected.st_mtim.tv_nsec));
    });
  });
}

TEST_CASE("FS1: file: a clone shares the position, and a descriptor given away keeps it") {
  const runtime::Runtime runtime = one_thread_for_files();
  const TemporaryDirectory here;
  here.put("text", "0123456789");
  runtime.block_on([&]() -> Task<void> {
    File file = (co_await File::open(here / "text")).value();
    File clone = (co_await file.try_clone()).value();
    CHECK(co_await read_text(file, 3) == "012");
    CHECK(co_await read_text(clone, 3) == "345");
    CHECK((::fcntl(clone.fd(), F_GETFD) & FD_CLOEXEC) != 0);

    HeldFiles held;
    auto reading = spawn([&]() -> Task<void> { static_cast<void>(co_await read_text(file, 4)); });
    co_await settle();
    reading.abort();
    static_cast<void>(co_await reading);
    held.let_go();
    const base::UniqueFd fd = (co_await std::move(file).into_fd()).value();
    CHECK(::lseek(fd.get(), 0, SEEK_CUR) == 6);  // what was read and never taken does not count
  });
}

TEST_CASE("FS1: file: a descriptor that can only be read in turn is a file as well") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    File reading = File::from_fd(base::UniqueFd(ends[0]));
    File writing = File::from_fd(base::UniqueFd(ends[1]));
    runtime.block_on([&]() -> Task<void> {
      auto text = spawn([&]() -> Task<std::string> { co_return co_await read_text(reading); });
      CHECK(co_await writing.write_all("through"));
      CHECK((co_await text).value() == "through");
      CHECK(co_await std::move(reading).close());
      // The reader is gone: an error, not the end of the process.
      CHECK((co_await writing.write_all("nobody")).error() == Errc::BrokenPipe);
    });
  });
}

TEST_CASE("FS1: file: closed when it is destroyed, and closed in the programs this process starts") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  const TemporaryDirectory here;
  runtime.block_on([&]() -> Task<void> {
    const auto before = support::open_descriptors();
    {
      File file = (co_await File::create(here / "file")).value();
      CHECK((::fcntl(file.fd(), F_GETFD) & FD_CLOEXEC) != 0);
      CHECK(co_await file.write_all("x"));
      CHECK(support::open_descriptors() == before + 1);
    }
    CHECK(support::open_descriptors() == before);
    File file = (co_await File::open(here / "file")).value();
    CHECK(co_await std::move(file).close());
    CHECK(support::open_descriptors() == before);
  });
}

TEST_CASE("FS1: file: options that contradict each other are refused before any call") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  const TemporaryDirectory here;
  runtime.block_on([&]() -> Task<void> {
    const OpenOptions wrong[] = {
        OpenOptions(),
        OpenOptions().read(true).truncate(true),
        OpenOptions().read(true).create(true),
        OpenOptions().read(true).create_new(true),
        OpenOptions().append(true).truncate(true),
        OpenOptions().write(true).append(true).truncate(true).create(true),
    };
    for (const OpenOptions& options : wrong) {
      auto opening = options.open(here / "none");
      CHECK(opening.try_now());  // no call
      CHECK(opening.await_resume().error() == Errc::InvalidArgument);
    }
    CHECK((co_await OpenOptions().read(true).open(here / "none")).error().message() ==
          "open " + (here / "none").native() + ": not found");
    CHECK((co_await File::open(Path(std::string("a\0b", 3)))).error() == Errc::InvalidArgument);
  });
}

TEST_CASE("FS1: file: options do what their names say") {
  const runtime::Runtime runtime = runtime::Builder::current_thread().build().value();
  const TemporaryDirectory here;
  here.put("text", "0123");
  runtime.block_on([&]() -> Task<void> {
    {
      File file = (co_await OpenOptions().append(true).open(here / "text")).value();
      CHECK(co_await file.write_all("45"));
    }
    CHECK(here.get("text") == "012345");
    {
      File file = (co_await OpenOptions().write(true).open(here / "text")).value();
      CHECK(co_await file.write_all("ab"));
      std::array<std::byte, 1> buffer;
      CHECK((co_await file.read_some(buffer)).error().os_error() == EBADF);
    }
    CHECK(here.get("text") == "ab2345");
    CHECK((co_await File::create_new(here / "text")).error() == Errc::AlreadyExists);
    CHECK((co_await OpenOptions().read(true).write(true).create_new(true).truncate(true).open(here / "text")).error() ==
          Errc::AlreadyExists);
    CHECK(co_await OpenOptions().write(true).truncate(true).open(here / "text"));
    CHECK(here.get("text").empty());
    const mode_t mask = ::umask(0);
    CHECK(co_await OpenOptions().write(true).create(true).mode(0604).open(here / "made"));
    ::umask(mask);
    CHECK((std::filesystem::status(here / "made").permissions() & std::filesystem::perms::mask) ==
          std::filesystem::perms(0604));
    std::filesystem::create_symlink("made", here / "link");
    CHECK(co_await File::open(here / "link"));
    CHECK((co_await OpenOptions().read(true).custom_flags(O_NOFOLLOW).open(here / "link")).error().os_error() == ELOOP);
  });
}
