// rondeau doctor: what a build and a run need, a line each, with the command that mends it.
#include "commands.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <rondeau/base/unique_fd.h>

#include "files.h"
#include "programs.h"
#include "record.h"

namespace rondeau::tool {
namespace {

enum class Verdict {
  Fine,
  Note,  ///< works, but should be known
  Mend,
};

struct Finding {
  Verdict verdict;
  std::string what;
  std::string remedy = {};  ///< the command, or a sentence
};

/// The first line that a program says, or nothing.
std::string first_line(std::vector<std::string> command) {
  const auto said = output_of(std::move(command));
  if (!said || said->code != 0) return {};
  return said->output.substr(0, said->output.find('\n'));
}

std::string module_version(const std::string& name) {
  return first_line({"pkg-config", "--modversion", name});
}

bool there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

/// The source of the probe: of an installed Rondeau, of the checkout that this project links to, or where this was
/// built.
std::string probe_source() {
  for (const std::string& path : {first_line({"pkg-config", "--variable=compiler_probe", "rondeau"}),
                                  std::string("subprojects/rondeau/runtime/compiler_probe.cpp"),
                                  std::string(RONDEAU_INSTALLED_PROBE), std::string(RONDEAU_SOURCE_PROBE)}) {
    if (!path.empty() && there(path)) return path;
  }
  return {};
}

Finding judge_compiler() {
  const char* const said = std::getenv("CXX");  // NOLINT(concurrency-mt-unsafe): one thread
  std::string compiler = said != nullptr ? said : has_program("clang++-19") ? "clang++-19" : "c++";
  const std::string source = probe_source();
  if (source.empty())
    return {Verdict::Note, "compiler " + compiler + ": not judged, since there is no compiler_probe.cpp"};
  const fs::path program = fs::temp_directory_path() / ("rondeau-probe-" + std::to_string(getpid()));
  std::vector<std::string> command;
  for (std::size_t at = 0; at < compiler.size();) {  // "ccache clang++-19"
    const std::size_t end = std::min(compiler.find(' ', at), compiler.size());
    if (end > at) command.push_back(compiler.substr(at, end - at));
    at = end + 1;
  }
  if (command.empty()) return {Verdict::Mend, "compiler: CXX is empty", "unset CXX"};
  command.insert(command.end(), {"-std=c++20", "-O0", "-pthread", source, "-o", program.string()});
  const auto compiled = output_of(command);
  const auto ran = compiled && compiled->code == 0 ? output_of({program.string()}) : Outcome<Said>(fail(""));
  std::error_code ignored;
  fs::remove(program, ignored);
  if (ran && ran->code == 0) return {Verdict::Fine, "compiler " + compiler + " compiles coroutines correctly"};
  return {Verdict::Mend,
          "compiler " + compiler +
              (compiled && compiled->code == 0 ? " miscompiles coroutines" : " does not compile the probe"),
          "apt-get install clang-19 && export CC=clang-19 CXX=clang++-19"};
}

Finding judge_program(const std::string& name, const std::string& package, std::vector<std::string> command) {
  const std::string version = first_line(std::move(command));
  if (version.empty()) return {Verdict::Mend, name + ": not there", "apt-get install " + package};
  return {Verdict::Fine, name + " " + version};
}

Finding judge_module(const std::string& name, const std::string& module, const std::string& package) {
  const std::string version = module_version(module);
  if (version.empty()) return {Verdict::Mend, name + ": not there", "apt-get install " + package};
  return {Verdict::Fine, name + " " + version};
}

Finding judge_framework(bool in_project) {
  if (in_project && there("subprojects/rondeau")) return {Verdict::Fine, "rondeau: a checkout in subprojects/rondeau"};
  if (in_project && there("subprojects/rondeau.wrap"))
    return {Verdict::Fine, "rondeau: fetched by subprojects/rondeau.wrap"};
  const std::string version = module_version("rondeau");
  if (!version.empty()) return {Verdict::Fine, "rondeau " + version + ", installed"};
  return {in_project ? Verdict::Mend : Verdict::Note, "rondeau: not known to pkg-config",
          in_project ? "ln -s CHECKOUT subprojects/rondeau" : "meson install -C build, in the checkout"};
}

Finding judge_llhttp() {
  // As a subproject, Rondeau takes the sources; an installed one has them in it.
  if (const std::string version = module_version("libllhttp"); !version.empty())
    return {Verdict::Fine, "llhttp " + version};
  if (there("/usr/share/llhttp/llhttp.c")) return {Verdict::Fine, "llhttp: sources in /usr/share/llhttp"};
  if (!module_version("rondeau").empty()) return {Verdict::Fine, "llhttp: in the installed rondeau"};
  return {Verdict::Mend, "llhttp: not there", "apt-get install node-llhttp"};
}

Finding judge_doctest() {
  for (const char* folder : {"/usr/include", "/usr/local/include"}) {
    if (there(fs::path(folder) / "doctest/doctest.h")) return {Verdict::Fine, "doctest, for the tests"};
  }
  return {Verdict::Mend, "doctest: not there, so no tests", "apt-get install doctest-dev"};
}

Finding judge_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {Verdict::Note, "descriptors: no limit is told"};
  const std::string what =
      "descriptors: " + (limit.rlim_cur == RLIM_INFINITY ? "no limit" : std::to_string(limit.rlim_cur));
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < 4096)
    return {Verdict::Note, what + ", so that many connections at most", "ulimit -n 65536"};
  return {Verdict::Fine, what};
}

Finding judge_port(const std::string& text) {
  const int port = std::atoi(text.c_str());
  const base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return {Verdict::Fine, "port " + text + " is free"};
  return {Verdict::Mend, "port " + text + " is taken, or not ours to take", "rondeau run -- --port 0"};
}

/// Of cgroup v2; "max" is none.
Finding judge_limits() {
  const auto value = [](const char* file) {
    const auto text = read_file(fs::path("/sys/fs/cgroup") / file);
    return text ? text->substr(0, text->find('\n')) : std::string();
  };
  const std::string cpu = value("cpu.max");
  const std::string memory = value("memory.max");
  if (cpu.empty() && memory.empty()) return {Verdict::Fine, "limits of this group: none"};
  return {Verdict::Fine, "limits of this group: cpu " + (cpu.empty() ? "none" : cpu) + ", memory " +
                             (memory.empty() ? "none" : memory)};
}

Finding judge_clock() {
  timex time{};
  const int state = adjtimex(&time);
  if (state < 0) return {Verdict::Note, "clock: not told whether it is set by others"};
  if (state == TIME_ERROR || (time.status & STA_UNSYNC) != 0) {
    return {Verdict::Note, "clock: nobody keeps it right, so that times of logs and tokens may be wrong",
            "apt-get install systemd-timesyncd"};
  }
  return {Verdict::Fine, "clock: kept right"};
}

}  // namespace

int run_doctor(const Words& words) {
  const auto record = read_record(".");
  const std::string port = words.value("--port").value_or(record ? vocabulary_of(*record).words["port"] : "8080");
  const Finding findings[] = {
      judge_compiler(),
      judge_program("meson", "meson", {"meson", "--version"}),
      judge_program("ninja", "ninja-build", {"ninja", "--version"}),
      judge_program("pkg-config", "pkg-config", {"pkg-config", "--version"}),
      judge_framework(record.has_value()),
      judge_llhttp(),
      judge_module("OpenSSL", "openssl", "libssl-dev"),
      judge_module("nlohmann_json", "nlohmann_json", "nlohmann-json3-dev"),
      judge_doctest(),
      judge_descriptors(),
      judge_port(port),
      judge_limits(),
      judge_clock(),
  };
  bool mend = false;
  for (const Finding& finding : findings) {
    const char* const word = finding.verdict == Verdict::Fine   ? "ok"
                             : finding.verdict == Verdict::Note ? "note"
                                                                : "mend";
    std::printf("%-4s  %s%s%s\n", word, finding.what.c_str(), finding.remedy.empty() ? "" : ": ",
                finding.remedy.c_str());
    mend = mend || finding.verdict == Verdict::Mend;
  }
  return mend ? kFailed : kEnded;
}

}  // namespace rondeau::tool
