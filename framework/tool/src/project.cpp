#include "project.h"

#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "programs.h"

namespace rondeau::tool {
namespace {

Environment compilers() {
  const char* const chosen = std::getenv("CXX");  // NOLINT(concurrency-mt-unsafe): one thread
  if (chosen != nullptr || !has_program("clang++-19")) return {};
  return {{"CC", "clang-19"}, {"CXX", "clang++-19"}};
}

Outcome<void> run_quietly(const std::vector<std::string>& command, const Environment& environment) {
  RONDEAU_TRY_PLAIN(const Said said, output_of(command, environment));
  if (said.code == 0) return {};
  std::fputs((said.output + said.errors).c_str(), stderr);
  return fail(command.front() + " ended with " + std::to_string(said.code) + "; see above");
}

Outcome<void> run_shown(const std::vector<std::string>& command, const Environment& environment) {
  RONDEAU_TRY_PLAIN(const int code, run_program(command, environment));
  if (code != 0) return fail(command.front() + " ended with " + std::to_string(code) + "; see above");
  return {};
}

}  // namespace

Outcome<Project> enter_project() {
  std::error_code error;
  for (fs::path folder = fs::current_path(error); !error; folder = folder.parent_path()) {
    if (fs::exists(folder / kRecord, error)) {
      fs::current_path(folder, error);
      if (error) break;
      RONDEAU_TRY_PLAIN(Record record, read_record("."));
      const std::string name = record.name;
      const auto in_tree = record.answers.find("in_tree");
      if (in_tree != record.answers.end() && in_tree->second == "yes") {
        const std::string target = "services/" + name + "/" + name;
        return Project{std::move(record), "../../build", target, "../../build/" + target};
      }
      return Project{std::move(record), "build", name, "build/" + name};
    }
    if (folder == folder.parent_path()) break;
  }
  return refuse(std::string("there is no ") + kRecord +
                " here or above: this is for a folder that rondeau new has written");
}

Outcome<void> set_up_build(const Project& project, Progress progress) {
  std::error_code error;
  if (fs::exists(fs::path(project.build) / "build.ninja", error)) return {};
  const std::string source = (fs::path(project.build) / "..").lexically_normal().string();
  const auto run = progress == Progress::Shown ? run_shown : run_quietly;
  return run({"meson", "setup", project.build, source.empty() ? "." : source}, compilers());
}

std::vector<std::string> build_command(const Project& project) {
  return {"ninja", "-C", project.build, project.target};
}

Outcome<void> build(const Project& project, Progress progress) {
  RONDEAU_TRY_VOID_PLAIN(set_up_build(project, progress));
  return (progress == Progress::Shown ? run_shown : run_quietly)(build_command(project), {});
}

std::vector<std::string> command_for(const Project& project, const std::vector<std::string>& flags, bool look) {
  std::vector<std::string> command{"./" + project.program, "--profile", "dev"};
  const auto db = project.record.answers.find("db");
  if (look && db != project.record.answers.end() && db->second == "sqlite") {
    command.insert(command.end(), {"--set", "database.url=sqlite::memory:"});
  }
  command.insert(command.end(), flags.begin(), flags.end());
  return command;
}

}  // namespace rondeau::tool
