#include <rondeau/fs/files.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <rondeau/fs/dir_builder.h>
#include <rondeau/task/spawn.h>

#include "../sync/flavors.h"
#include "fs/held_files.h"
#include "support/temporary_directory.h"

using namespace rondeau;
using fs::Permissions;
using fs_test::bytes_of;
using support::TemporaryDirectory;
using sync_test::on_each_flavor;

namespace {

/// Runs the body, given a directory of its own, on each flavour.
template <class Body>
void in_a_directory(Body body) {
  on_each_flavor([&](const runtime::Runtime& runtime) {
    const TemporaryDirectory here;
    runtime.block_on([&]() -> Task<void> { co_await body(here); });
  });
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found{};
  REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

std::size_t names_in(const std::filesystem::path& path) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
}

}  // namespace

TEST_CASE("FS2: files: read and write take whole files") {
  in_a_directory([](const TemporaryDirectory& here) -> Task<void> {
    CHECK(co_await fs::write(here / "file", std::string("some text")));
    CHECK(here.get("file") == "some text");
    CHECK((co_await fs::read_to_string(here / "file")).value() == "some text");
    CHECK(co_await fs::write(here / "file", bytes_of("less")));  // truncates
    CHECK((co_await fs::read(here / "file")).value().size() == 4);
    CHECK((co_await fs::read(here / "none")).error() == Errc::NotFound);
    CHECK((co_await fs::read(here.path())).error().os_error() == EISDIR);
    CHECK((co_await fs::write(here / "no/such", std::string("x"))).error() == Errc::NotFound);
  });
}

TEST_CASE("FS2: files: a read has a limit, and text is UTF-8") {
  in_a_directory([](const TemporaryDirectory& here) -> Task<void> {
    here.put("ten", "0123456789");
    CHECK((co_await fs::read(here / "ten", 10)).value().size() == 10);
    CHECK((co_await fs::read(here / "ten", 9)).error() == Errc::TooLarge);
    CHECK((co_await fs::read(here / "ten", 0)).error() == Errc::TooLarge);
    here.put("latin", "caf\xe9");
    CHECK((co_await fs::read_to_string(here / "latin")).error() == Errc::InvalidData);
    CHECK((co_await fs::read_to_string("/proc/self/stat")).value().size() > 10);  // says that its size is 0
    const std::string large(3 * 1024 * 1024 + 7, 'x');
    here.put("large", large);
    CHECK((co_await fs::read_to_string(here / "large")).value() == large);
  });
}

TEST_CASE("FS2: files: write_atomic replaces a file at once, keeps its permissions and leaves nothing beside it") {
  in_a_directory([](const TemporaryDirectory& here) -> Task<void> {
    here.put("file", "old");
    REQUIRE(::chmod((here / "file").c_str(), 0604) == 0);
    struct stat before{};
    REQUIRE(::stat((here / "file").c_str(), &before) == 0);
    CHECK(co_await fs::write_atomic(here / "file", std::string("new")));
    CHECK(here.get("file") == "new");
    CHECK(mode_of(here / "file") == 0604);
    struct stat after{};
    REQUIRE(::stat((here / "file").c_str(), &after) == 0);
    CHECK(before.st_ino != after.st_ino);  // another file took the name
    CHECK(names_in(here.path()) == 1);

    const mode_t mask = ::umask(027);
    CHECK(co_await fs::write_atomic(here / "fresh", bytes_of("made")));
    ::umask(mask);
    CHECK(mode_of(here / "fresh") == 0640);

    // What cannot take the name: the new file goes too.
    std::filesystem::create_directory(here / "taken");
    CHECK_FALSE(co_await fs::write_atomic(here / "taken", std::string("x")));
    CHECK(names_in(here.path()) == 3);
    CHECK_FALSE(co_await fs::write_atomic(here / "none/file", std::string("x")));
    CHECK_FALSE(co_await fs::write_atomic(here / "", std::string("x")));

    std::filesystem::create_symlink("file", here / "link");
    CHECK(co_await fs::write_atomic(here / "link", std::string("mine")));
    CHECK(here.get("file") == "new");
    CHECK_FALSE(std::filesystem::is_symlink(here / "link"));
  });
}

TEST_CASE("FS2: files: who reads while write_atomic replaces sees the old content or the new") {
  const runtime::Runtime runtime = runtime::Builder::multi_thread().worker_threads(2).build().value();
  const TemporaryDirectory here;
  here.put("file", std::string(5000, '0'));
  runtime.block_on([&]() -> Task<void> {
    std::atomic<bool> done{false};
    auto writer = spawn([&]() -> Task<void> {
      for (char c = '1'; c <= '9'; ++c) CHECK(co_await fs::write_atomic(here / "file", std::string(5000, c)));
      done = true;
    });
    bool whole = true;
    while (!done) {
      const std::string seen = (co_await fs::read_to_string(here / "file")).value();
      whole = whole && seen == std::string(5000, seen.at(0));
    }
    CHECK(whole);
    (co_await writer).value();
  });
}

TEST_CASE(
    "FS2: files: copy takes content and permissions, replaces what is there, and refuses a file's copy to itself") {
  in_a_directory([](const TemporaryDirectory& here) -> Task<void> {
    const std::string content(300'000, 'c');
    here.put("from", content);
    here.put("to", std::string(400'000, 'o'));
    REQUIRE(::chmod((here / "from").c_str(), 0751) == 0);
    CHECK((co_await fs::copy(here / "from", here / "to")).value() == content.size());
    CHECK(here.get("to") == content);
    CHECK(mode_of(here / "to") == 0751);
    CHECK((co_await fs::copy(here / "from", here / "new")).value() == content.size());
    CHECK(mode_of(here / "new") == 0751);
    CHECK((co_await fs::copy(here / "from", here / "from")).error() == Errc::InvalidArgument);
    CHECK(here.get("from") == content);
    CHECK((co_await fs::copy(here.path(), here / "x")).error() == Errc::InvalidArgument);
    // No size, so nothing the kernel would copy by itself.
    CHECK((co_await fs::copy("/proc/self/status", here / "status")).value() == here.get("status").size());
    CHECK(here.get("status").size() > 0);
  });
}

TEST_CASE("FS2: files: names and links") {
  in_a_directory([](const TemporaryDirectory& here) -> Task<void> {
    here.put("a", "a");
    here.put("b", "b");
    CHECK(co_await fs::rename(here / "a", here / "b"));
    CHECK(here.get("b") == "a");
    CHECK_FALSE(std::filesystem::exists(here / "a"));
    CHECK((co_await fs::rename(here / "a", here / "c")).error().message() ==
          "rename " + (here / "a").native() + " to " + (here / "c").native() + ": not found");
    CHECK(co_await fs::hard_link(here / "b", here / "hard"));
    CHECK((co_await fs::metadata(here / "b")).value().nlink() == 2);
    CHECK(co_await fs::symlink("b", here / "soft"));
    CHECK((co_await fs::read_link(here / "soft")).value() == "b");
    CHECK((co_await fs::read_link(here / "b")).error() == Errc::InvalidArgument);
    CHECK(co_await fs::symlink(std::string(3000, 'x'), here / "long"));
    CHECK((co_await fs::read_link(here / "long")).value() == std::string(3000, 'x'));
    CHECK((co_await fs::canonicalize(here / "./soft")).value() == std::filesystem::canonical(here / "b"));
    CHECK(co_await fs::remove_file(here / "soft"));
    CHECK(std::filesystem::exists(here / "b"));
    CHECK((co_await fs::remove_file(here / "soft")).error() == Errc::NotFound);
  });
}

TEST_CASE("FS2: files: metadata follow links, symlink_metadata do not, try_exists tells nothing from unknown") {
  in_a_directory([](const TemporaryDirectory& here) -> Task<void> {
    here.put("file", "12345");
    std::filesystem::create_symlink("file", here / "link");
    std::filesystem::create_symlink("nothing", here / "dangling");
    CHECK((co_await fs::metadata(here / "link")).value().len() == 5);
    CHECK((co_await fs::metadata(here / "link")).value().is_file());
    CHECK((co_await fs::symlink_metadata(here / "link")).value().is_symlink());
    CHECK((co_await fs::metadata(here.path())).value().is_dir());
    CHECK((co_await fs::metadata("/dev/null")).value().type() == fs::FileType::CharacterDevice);
    CHECK((co_await fs::try_exists(here / "file")).value());
    CHECK_FALSE((co_await fs::try_exists(here / "none")).value());
    CHECK_FALSE((co_await fs::try_exists(here / "dangling")).value());
    CHECK_FALSE(co_await fs::try_exists(here / "file/below"));  // not a directory: an error
    CHECK(co_await fs::set_permissions(here / "file", Permissions::from_mode(0755).with_readonly(true)));
    CHECK(mode_of(here / "file") == 0555);
    CHECK((co_await fs::metadata(here / "file")).value().permissions().readonly());
    CHECK(Permissions::from_mode(0550).with_readonly(false) == Permissions::from_mode(0770));
    CHECK((co_await fs::metadata(std::string("a\0b", 3))).error() == Errc::InvalidArgument);
  });
}

TEST_CASE("FS2: files: a call that changes something runs once it is queued; one that only looks does not") {
  const TemporaryDirectory here;
  here.put("doomed", "x");
  const runtime::Runtime runtime = fs_test::one_thread_for_files();
  runtime.block_on([&]() -> Task<void> {
    fs_test::HeldFiles held;
    auto removing = spawn([&]() -> Task<void> { CHECK(co_await fs::remove_file(here / "doomed")); });
    co_await sync_test::settle();
    removing.abort();
    CHECK((co_await removing).error().is_cancelled());
    CHECK(std::filesystem::exists(here / "doomed"));
    held.let_go();
    CHECK(co_await fs::try_exists(here / "doomed"));  // queued behind it
    CHECK_FALSE(std::filesystem::exists(here / "doomed"));
  });
}

TEST_CASE("FS2: files: after the runtime's shutdown they fail with its error") {
  const TemporaryDirectory here;
  runtime::Runtime runtime = runtime::Builder::multi_thread().worker_threads(1).build().value();
  const runtime::Handle handle = runtime.handle();
  std::move(runtime).shutdown_background();
  const auto entered = handle.enter();
  auto call = fs::read(here / "any");
  CHECK(call.try_now());
  CHECK(call.await_resume().error() == Errc::ShuttingDown);
}
