// rondeau upgrade: what newer templates would write, held against what was written and what became of it.
#include "commands.h"

#include <unistd.h>

#include <cstdio>

#include "programs.h"
#include "project.h"
#include "template_set.h"

namespace rondeau::tool {
namespace {

enum class Fate {
  Same,      ///< the file is as the template has it, or the template has not changed since
  Replaced,  ///< nobody has touched it
  Beside,    ///< somebody has: the new text goes beside it
  New,
  Deleted,  ///< somebody has removed it, and it stays away
};

struct Step {
  std::string path;
  std::string content;
  Fate fate;
};

Fate fate_of(const Record& record, const std::string& path, const std::string& content) {
  const auto recorded = record.files.find(path);
  std::error_code error;
  if (!fs::exists(path, error)) return recorded == record.files.end() ? Fate::New : Fate::Deleted;
  const auto present = read_file(path);
  if (!present || *present == content) return Fate::Same;
  const std::string wanted = hash_of(content);
  if (recorded == record.files.end()) return Fate::Beside;
  if (recorded->second == wanted) return Fate::Same;
  return hash_of(*present) == recorded->second ? Fate::Replaced : Fate::Beside;
}

Outcome<std::vector<Step>> steps_of(const Record& record, const Tree& tree) {
  std::vector<Step> steps;
  for (const auto& [path, content] : tree) {
    const Fate fate = fate_of(record, path, content);
    if (fate != Fate::Same && fate != Fate::Deleted) steps.push_back({path, content, fate});
  }
  return steps;
}

/// What `diff -u` says of the file and its new text.
Outcome<void> show(const Step& step) {
  const fs::path beside = fs::temp_directory_path() / ("rondeau-upgrade-" + std::to_string(getpid()));
  RONDEAU_TRY_VOID_PLAIN(write_file(beside, step.content));
  const auto said = output_of({"diff", "-u", "--label", step.path, "--label", step.path + " (new)",
                               step.fate == Fate::New ? "/dev/null" : step.path, beside.string()});
  std::error_code ignored;
  fs::remove(beside, ignored);
  if (!said) return said.error();
  std::fputs(said->output.c_str(), stdout);
  return {};
}

Outcome<void> check_committed() {
  const auto said = output_of({"git", "status", "--porcelain", "."});
  if (said && said->code == 0 && !said->output.empty()) {
    return refuse("there are changes that are not committed; commit them, so that the upgrade can be told from them");
  }
  return {};
}

Outcome<void> apply(Record record, const Tree& tree, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const std::string path = step.path + (step.fate == Fate::Beside ? ".rondeau-new" : "");
    RONDEAU_TRY_VOID_PLAIN(write_file(path, step.content));
    std::printf("written: %s\n", path.c_str());
  }
  for (const auto& [path, content] : tree) record.files[path] = hash_of(content);
  return write_file(kRecord, text_of(record));
}

Outcome<int> upgrade(const Words& words) {
  if (words.has("--diff") == words.has("--apply")) return refuse("rondeau upgrade needs --diff or --apply");
  RONDEAU_TRY_PLAIN(Project project, enter_project());
  Record& record = project.record;
  RONDEAU_TRY_PLAIN(const TemplateSet templates, TemplateSet::open(words.value("--templates")));
  RONDEAU_TRY_PLAIN(const TemplateInfo info, templates.find(record.of));
  if (info.version < record.version) {
    return refuse("this was written by version " + std::to_string(record.version) + " of the template " + record.of +
                  ", and here is " + std::to_string(info.version) + ": take a newer rondeau");
  }
  Vocabulary vocabulary = vocabulary_of(record);
  vocabulary.words["rondeau_version"] = RONDEAU_VERSION;
  RONDEAU_TRY_PLAIN(const Tree tree, templates.render(record.of, vocabulary));
  RONDEAU_TRY_PLAIN(const std::vector<Step> steps, steps_of(record, tree));
  if (words.has("--diff")) {
    for (const Step& step : steps) RONDEAU_TRY_VOID_PLAIN(show(step));
    return steps.empty() ? kEnded : kFailed;
  }
  RONDEAU_TRY_VOID_PLAIN(check_committed());
  record.version = info.version;
  record.rondeau = RONDEAU_VERSION;
  RONDEAU_TRY_VOID_PLAIN(apply(record, tree, steps));
  if (steps.empty()) std::printf("nothing to do\n");
  return kEnded;
}

}  // namespace

int run_upgrade(const Words& words) {
  const auto done = upgrade(words);
  return done ? *done : report(done.error());
}

}  // namespace rondeau::tool
