// The language of templates: words in double braces, and lines that are there or not.
//
//     {{name}} {{ns}} {{NAME}} {{port}} …   a word, replaced wherever it stands, in the names of files as well
//     {{#if db}} … {{/if}}                  lines that stay if the answer is neither "none" nor "no"
//     {{#if db=sqlite}} … {{/if}}           lines that stay if that was the answer
//
// The last two stand alone on their lines, which vanish, and may be nested. `{{` before anything but a letter, # or /
// is just that. Nothing else is special.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "outcome.h"

namespace rondeau::tool {

struct Vocabulary {
  std::map<std::string, std::string, std::less<>> words;    ///< what {{…}} stands for
  std::map<std::string, std::string, std::less<>> answers;  ///< what {{#if …}} asks
};

/// The text with everything replaced. A word or a question that is unknown, or an #if without its end, is refused with
/// `where` and the line: "http/src/main.cpp:3: …".
Outcome<std::string> render(std::string_view text, const Vocabulary& vocabulary, std::string_view where);

}  // namespace rondeau::tool
