#include <rondeau/fs/read_dir.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/fs/dir_builder.h>
#include <rondeau/fs/files.h>
#include <rondeau/task/spawn.h>

#include "../sync/flavors.h"
#include "fs/held_files.h"
#include "support/open_descriptors.h"
#include "support/temporary_directory.h"

using namespace rondeau;
using support::TemporaryDirectory;
using sync_test::on_each_flavor;
using sync_test::settle;

namespace {

void put_many(const TemporaryDirectory& here, int count) {
  for (int i = 0; i < count; ++i) here.put(std::to_string(i).c_str(), "");
}

}  // namespace

TEST_CASE("FS3: read_dir: every name comes once, with its type and inode, and then the end") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    const TemporaryDirectory here;
    put_many(here, 100);
    std::filesystem::create_directory(here / "dir");
    std::filesystem::create_symlink("dir", here / "link");
    runtime.block_on([&]() -> Task<void> {
      fs::ReadDir entries = (co_await fs::read_dir(here.path())).value();
      std::set<std::string> names;
      while (auto entry = co_await entries.next()) {
        REQUIRE(*entry);
        CHECK(names.insert((*entry)->name()).second);
        CHECK((*entry)->path() == here.path() / (*entry)->name());
        struct stat found{};
        REQUIRE(::lstat((*entry)->path().c_str(), &found) == 0);
        CHECK((*entry)->ino() == found.st_ino);
        if ((*entry)->name() == "dir") CHECK((*entry)->type() == fs::FileType::Directory);
        if ((*entry)->name() == "link") {
          CHECK((*entry)->type() == fs::FileType::Symlink);
          CHECK((co_await (*entry)->metadata()).value().is_symlink());
        }
      }
      CHECK(names.size() == 102);
      CHECK_FALSE(names.contains("."));
      CHECK_FALSE(co_await entries.next());  // the end stays
      CHECK((co_await fs::read_dir(here / "none")).error() == Errc::NotFound);
    });
  });
}

TEST_CASE("FS3: read_dir: 32 entries come with one blocking call") {
  const runtime::Runtime runtime = fs_test::one_thread_for_files();
  const TemporaryDirectory here;
  put_many(here, 70);
  runtime.block_on([&]() -> Task<void> {
    fs::ReadDir entries = (co_await fs::read_dir(here.path())).value();
    for (const int batch : {32, 32}) {
      const fs_test::HeldFiles held;
      for (int i = 0; i < batch; ++i) {
        auto next = entries.next();
        REQUIRE(next.try_now());  // no call is needed
        CHECK(next.await_resume());
      }
      CHECK_FALSE(entries.next().try_now());
    }
  });
}

TEST_CASE("FS3: read_dir: an await that is destroyed loses no entry") {
  const runtime::Runtime runtime = fs_test::one_thread_for_files();
  const TemporaryDirectory here;
  put_many(here, 200);
  runtime.block_on([&]() -> Task<void> {
    fs::ReadDir entries = (co_await fs::read_dir(here.path())).value();
    std::set<std::string> names;
    for (int round = 0;; ++round) {
      fs_test::HeldFiles held;
      bool ended = false;
      auto next = spawn([&]() -> Task<void> {
        const auto entry = co_await entries.next();
        ended = !entry;
        if (entry) names.insert((*entry)->name());
      });
      co_await settle();
      if (round % 2 == 0) {
        next.abort();  // while the call waits, or too late
        static_cast<void>(co_await next);
        held.let_go();
      } else {
        held.let_go();
        (co_await next).value();
        if (ended) break;
      }
    }
    CHECK(names.size() == 200);
  });
}

TEST_CASE("FS3: read_dir: a full pool makes it wait, and its descriptor goes with it") {
  const runtime::Runtime runtime = fs_test::one_thread_for_files(2, 1);
  const TemporaryDirectory here;
  put_many(here, 150);
  const auto before = support::open_descriptors();
  runtime.block_on([&]() -> Task<void> {
    std::vector<JoinHandle<std::size_t>> tasks;
    for (int i = 0; i < 6; ++i) {
      tasks.push_back(spawn([&]() -> Task<std::size_t> {
        fs::ReadDir entries = (co_await fs::read_dir(here.path())).value();
        std::size_t count = 0;
        while (co_await entries.next()) ++count;
        co_return count;
      }));
    }
    for (auto& task : tasks) CHECK((co_await task).value() == 150);
    const fs::ReadDir dropped = (co_await fs::read_dir(here.path())).value();
  });
  runtime.block_on([&]() -> Task<void> { CHECK(co_await fs::try_exists(here.path())); });
  CHECK(support::open_descriptors() <= before + 4);  // the runtime's own are there by now
}

TEST_CASE("FS1: directories: made alone or with their parents, with the mode that is asked for") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    const TemporaryDirectory here;
    runtime.block_on([&]() -> Task<void> {
      CHECK(co_await fs::create_dir(here / "one"));
      CHECK((co_await fs::create_dir(here / "one")).error() == Errc::AlreadyExists);
      CHECK((co_await fs::create_dir(here / "a/b/c")).error() == Errc::NotFound);
      CHECK(co_await fs::create_dir_all(here / "a/b/c/"));
      CHECK(std::filesystem::is_directory(here / "a/b/c"));
      CHECK(co_await fs::create_dir_all(here / "a/b/c"));
      here.put("file", "");
      CHECK((co_await fs::create_dir_all(here / "file")).error() == Errc::AlreadyExists);
      CHECK_FALSE(co_await fs::create_dir_all(here / "file/below"));
      CHECK(co_await fs::DirBuilder().recursive(true).mode(0700).create(here / "x/y"));
      for (const char* name : {"x", "x/y"}) {
        CHECK((std::filesystem::status(here / name).permissions() & std::filesystem::perms::mask) ==
              std::filesystem::perms(0700));
      }
      CHECK(co_await fs::remove_dir(here / "one"));
      CHECK_FALSE(co_await fs::remove_dir(here / "a"));  // not empty
    });
  });
}

TEST_CASE("FS2: remove_dir_all: takes a whole tree, and no more: links are removed, not followed") {
  on_each_flavor([](const runtime::Runtime& runtime) {
    const TemporaryDirectory here;
    const TemporaryDirectory outside;
    outside.put("kept", "kept");
    std::filesystem::create_directories(here / "tree/a/b");
    std::filesystem::create_directories(here / "tree/empty");
    here.put("tree/a/file", "x");
    here.put("tree/a/b/file", "x");
    std::filesystem::create_directory_symlink(outside.path(), here / "tree/a/out");
    std::filesystem::create_symlink(outside / "kept", here / "tree/link");
    std::filesystem::create_directory_symlink("tree", here / "alias");
    runtime.block_on([&]() -> Task<void> {
      CHECK(co_await fs::remove_dir_all(here / "alias"));  // the link itself
      CHECK(std::filesystem::exists(here / "tree/a/b/file"));
      CHECK(co_await fs::remove_dir_all(here / "tree"));
      CHECK_FALSE(std::filesystem::exists(here / "tree"));
      CHECK(outside.get("kept") == "kept");
      here.put("file", "");
      CHECK_FALSE(co_await fs::remove_dir_all(here / "file"));
      CHECK((co_await fs::remove_dir_all(here / "none")).error() == Errc::NotFound);
    });
  });
}
