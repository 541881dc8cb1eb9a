// .rondeau.json: what a project was made of. `rondeau upgrade` and `rondeau add` read it.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "files.h"
#include "outcome.h"
#include "template_text.h"

namespace rondeau::tool {

inline constexpr const char* kRecord = ".rondeau.json";

struct Record {
  std::string name;                            ///< of the service
  std::string of;                              ///< the template
  int version = 1;                             ///< of the template
  std::string rondeau;                         ///< that wrote it
  std::map<std::string, std::string> answers;  ///< "db": "sqlite"
  std::map<std::string, std::string> files;    ///< SHA-256 by path, as they were written
};

/// With a line for each answer and file, so that a diff shows what changed.
std::string text_of(const Record& record);
/// That of a project. Refused where the folder is none.
Outcome<Record> read_record(const fs::path& project);

/// What templates of this record are rendered with.
Vocabulary vocabulary_of(const Record& record);

}  // namespace rondeau::tool
