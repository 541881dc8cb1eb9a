#include "runtime/cpu_quota.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// A root folder with the files given, gone afterwards.
class Root {
 public:
  explicit Root(const std::vector<std::pair<std::string, std::string>>& files) {
    std::string pattern = (fs::temp_directory_path() / "rondeau-quota-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
    for (const auto& [name, text] : files) {
      fs::create_directories((path_ / name).parent_path());
      std::ofstream(path_ / name) << text;
    }
  }
  ~Root() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct Case {
  const char* name;
  std::vector<std::pair<std::string, std::string>> files;
  std::size_t cpus;
};

}  // namespace

TEST_CASE("RT2: runtime: the quota of the own cgroup and its ancestors, version 1 and 2") {
  const std::vector<Case> cases{
      {"none", {}, 0},
      {"v2, unlimited", {{"proc/self/cgroup", "0::/a\n"}, {"sys/fs/cgroup/a/cpu.max", "max 100000\n"}}, 0},
      {"v2, rounded up", {{"proc/self/cgroup", "0::/a\n"}, {"sys/fs/cgroup/a/cpu.max", "150000 100000\n"}}, 2},
      {"v2, an ancestor is stricter",
       {{"proc/self/cgroup", "0::/a/b\n"}, {"sys/fs/cgroup/a/b/cpu.max", "400000 100000\n"}, {"sys/fs/cgroup/a/cpu.max", "50000 100000\n"}},
       1},
      {"v2, malformed", {{"proc/self/cgroup", "0::/a\n"}, {"sys/fs/cgroup/a/cpu.max", "many\n"}}, 0},
      {"v1, unlimited",
       {{"proc/self/cgroup", "4:cpu,cpuacct:/x\n"}, {"sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "-1\n"}, {"sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n"}},
       0},
      {"v1",
       {{"proc/self/cgroup", "4:cpu,cpuacct:/x\n"}, {"sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "300000\n"}, {"sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n"}},
       3},
      {"malformed list of groups", {{"proc/self/cgroup", "no colons\n"}}, 0},
  };
  for (const Case& each : cases) {
    CAPTURE(each.name);
    const Root root(each.files);
    CHECK(rondeau::runtime::cgroup_cpus(root.path()) == each.cpus);
    CHECK(rondeau::runtime::usable_cpus(root.path()) >= 1);
  }
}
