// rondeau run, routes, openapi: the project is built, and its program says the rest.
#include "commands.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include <rondeau/openapi/diff.h>

#include "files.h"
#include "programs.h"
#include "project.h"

namespace rondeau::tool {
namespace {

constexpr const char* kDocument = "openapi.json";

/// The document that the routes make now.
Outcome<std::string> document_of(const Project& project) {
  RONDEAU_TRY_VOID_PLAIN(build(project, Progress::Quiet));
  RONDEAU_TRY_PLAIN(const Said said, output_of(command_for(project, {"--print-openapi"}, true)));
  if (said.code != 0) {
    std::fputs(said.errors.c_str(), stderr);
    return fail(project.program + " --print-openapi ended with " + std::to_string(said.code));
  }
  return said.output;
}

bool is_same(const std::string& one, const std::string& other) {
  const auto first = nlohmann::json::parse(one, nullptr, false);
  const auto second = nlohmann::json::parse(other, nullptr, false);
  return !first.is_discarded() && first == second;
}

int check_document(const std::string& now) {
  const auto committed = read_file(kDocument);
  if (!committed) return report(committed.error());
  if (is_same(*committed, now)) return kEnded;
  openapi::print_diff(*committed, now);
  std::fflush(stdout);  // before what is said on stderr
  return report(fail(std::string(kDocument) + " is not what the routes say; rondeau openapi --write makes it so"));
}

}  // namespace

int run_run(const Words& words) {
  const auto project = enter_project();
  if (!project) return report(project.error());
  if (auto built = build(*project, Progress::Shown); !built) return report(built.error());
  return become(command_for(*project, words.rest(), false));
}

int run_routes(const Words&) {
  const auto project = enter_project();
  if (!project) return report(project.error());
  if (auto built = build(*project, Progress::Quiet); !built) return report(built.error());
  return become(command_for(*project, {"--print-routes"}, true));
}

int run_openapi(const Words& words) {
  if (words.has("--check") && words.has("--write")) return report(refuse("--check and --write exclude each other"));
  const auto project = enter_project();
  if (!project) return report(project.error());
  const auto document = document_of(*project);
  if (!document) return report(document.error());
  if (words.has("--check")) return check_document(*document);
  if (!words.has("--write")) return std::fputs(document->c_str(), stdout), kEnded;
  const auto written = write_file(kDocument, *document);
  return written ? kEnded : report(written.error());
}

int run_openapi_diff(const Words& words) {
  const auto older = read_file(words.argument(0));
  if (!older) return report(refuse(older.error().sentence));
  const auto newer = read_file(words.argument(1));
  if (!newer) return report(refuse(newer.error().sentence));
  return openapi::print_diff(*older, *newer);
}

}  // namespace rondeau::tool
