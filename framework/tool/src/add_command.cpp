// rondeau add route|job|migration: files from templates, and the lines that register them. Nothing is written
// before all of it is known.
#include "commands.h"

#include <algorithm>
#include <cstdio>

#include "markers.h"
#include "names.h"
#include "parts.h"
#include "project.h"
#include "template_set.h"

namespace rondeau::tool {
namespace {

struct Registration {
  std::string file;
  std::string place;
  std::string line;
};

struct Addition {
  std::string of;  ///< "parts/route"
  std::string what;
  Vocabulary vocabulary;
  std::vector<Registration> registrations;
  std::string next = {};  ///< what to do when it is written
};

/// A line for each registration that finds no markers, for people to paste.
int tell_lines(const std::vector<Registration>& lines) {
  std::fprintf(stderr,
               "rondeau: nothing was changed, since markers are missing. Put them back (`>>> PLACE` and `<<< PLACE` in "
               "comments), or "
               "paste:\n");
  for (const Registration& line : lines) {
    std::fprintf(stderr, "  %s, at %s:\n    %s\n", line.file.c_str(), line.place.c_str(), line.line.c_str());
  }
  return kFailed;
}

int add(const Words& words, const Addition& addition) {
  Tree changed;
  std::vector<Registration> homeless;
  std::size_t known = 0;
  for (const Registration& registration : addition.registrations) {
    if (!changed.contains(registration.file)) {
      auto text = read_file(registration.file);
      if (!text) return report(text.error());
      changed[registration.file] = *std::move(text);
    }
    switch (insert_between(changed[registration.file], registration.place, registration.line)) {
      case Inserted::Yes:
        break;
      case Inserted::AlreadyThere:
        ++known;
        break;
      case Inserted::NoMarkers:
        homeless.push_back(registration);
        break;
    }
  }
  if (!homeless.empty()) return tell_lines(homeless);
  if (known == addition.registrations.size() && known > 0) {
    std::printf("%s is there already\n", addition.what.c_str());
    return kEnded;
  }
  const auto templates = TemplateSet::open(words.value("--templates"));
  if (!templates) return report(templates.error());
  const auto files = templates->render(addition.of, addition.vocabulary);
  if (!files) return report(files.error());
  for (const auto& [path, content] : *files) {
    std::error_code error;
    if (fs::exists(path, error))
      return report(refuse(path + " is there already, and is not registered; nothing was changed"));
  }
  for (const auto& [path, content] : *files) {
    if (auto written = write_file(path, content); !written) return report(written.error());
    std::printf("written: %s\n", path.c_str());
  }
  for (const auto& [path, content] : changed) {
    if (auto written = write_file(path, content); !written) return report(written.error());
    std::printf("changed: %s\n", path.c_str());
  }
  if (!addition.next.empty()) std::printf("Next: %s\n", addition.next.c_str());
  return kEnded;
}

/// Where a source has such a route by hand.
std::optional<std::string> route_in_sources(const RoutePart& part) {
  const std::string line = part.line();
  const std::string begin = line.substr(line.find('.'), line.find(',') - line.find('.'));  // .get<"/orders/{id}"
  std::error_code error;
  for (fs::recursive_directory_iterator file("src", error), end; file != end; file.increment(error)) {
    if (file->path().extension() != ".cpp") continue;
    const auto text = read_file(file->path());
    if (text && text->find(begin) != std::string::npos && text->find(line) == std::string::npos)
      return file->path().string();
  }
  return std::nullopt;
}

}  // namespace

int run_add_route(const Words& words) {
  const auto project = enter_project();
  if (!project) return report(project.error());
  const auto part = route_part(words.argument(0), words.argument(1));
  if (!part) return report(part.error());
  if (const auto file = route_in_sources(*part)) {
    return report(refuse("there is a route " + part->method + " " + part->pattern + " in " + *file));
  }
  Addition addition{"parts/route", part->method + " " + part->pattern, vocabulary_of(project->record), {}};
  part->add_words(addition.vocabulary);
  addition.registrations = {
      {"src/app.cpp", "includes", "#include \"routes/" + part->name + ".h\""},
      {"src/app.cpp", "routes", part->line()},
      {"meson.build", "sources", "'src/routes/" + part->name + ".cpp',"},
      {"tests/meson.build", "tests", "'" + part->name + "_test.cpp',"},
  };
  addition.next = "rondeau openapi --write, when the build is done";
  return add(words, addition);
}

int run_add_job(const Words& words) {
  const auto project = enter_project();
  if (!project) return report(project.error());
  const std::string name = identifier_of(words.argument(0));
  if (auto checked = check_part_name("a job", words.argument(0)); !checked) return report(checked.error());
  for (const std::string_view taken : {"main", "routes", "set_up", "test_app"}) {
    if (name == taken)
      return report(refuse("\"" + name + "\" is a function of the service already; take another name"));
  }
  Addition addition{"parts/job", "the job " + name, vocabulary_of(project->record), {}};
  addition.vocabulary.words["part"] = name;
  addition.vocabulary.words["Part"] = type_name(name);
  addition.registrations = {
      {"src/main.cpp", "includes", "#include \"jobs/" + name + ".h\""},
      {"src/main.cpp", "jobs", "start_" + name + "(context);"},
      {"meson.build", "sources", "'src/jobs/" + name + ".cpp',"},
      {"tests/meson.build", "tests", "'" + name + "_job_test.cpp',"},
  };
  return add(words, addition);
}

int run_add_migration(const Words& words) {
  const auto project = enter_project();
  if (!project) return report(project.error());
  if (auto checked = check_part_name("a migration", words.argument(0)); !checked) return report(checked.error());
  Addition addition{
      "parts/migration", "the migration " + identifier_of(words.argument(0)), vocabulary_of(project->record), {}};
  if (addition.vocabulary.answers["db"] == "none")
    return report(refuse("this service has no database; rondeau new --db makes one with"));
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator file("migrations", error), end; file != end; file.increment(error)) {
    files.push_back(file->path().filename().string());
  }
  const std::string name = identifier_of(words.argument(0));
  const auto number = next_migration(files, name);
  if (!number) {
    std::printf("%s is there already\n", addition.what.c_str());
    return kEnded;
  }
  addition.vocabulary.words["part"] = name;
  addition.vocabulary.words["number"] = *number;
  return add(words, addition);
}

}  // namespace rondeau::tool
