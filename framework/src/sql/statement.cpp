#include <rondeau/sql/statement.h>

#include <rondeau/sql/batch.h>

namespace rondeau::sql {

Error encode_error(const StatementText& text, std::size_t argument, std::string why) {
  return Error(ErrorKind::Encode, {.message = "argument $" + std::to_string(argument) + ": " + std::move(why),
                                   .phase = Phase::Statement,
                                   .text = std::string(text.view())});
}

std::optional<Error> check_placeholders(const StatementText& text, std::size_t arguments) {
  std::string why;
  switch (why_not(text.view(), arguments)) {
    case Mistake::None:
      return std::nullopt;
    case Mistake::Malformed:
      why = "the statement ends inside of a quote or a comment, or has a NUL";
      break;
    case Mistake::Named:
      why = "placeholders are $1, $2 …";
      break;
    case Mistake::TooFew:
      why = "the statement has more placeholders than there are arguments";
      break;
    case Mistake::TooMany:
      why = "there are more arguments than the statement has placeholders";
      break;
    case Mistake::Gap:
      why = "an argument is used by no placeholder of the statement";
      break;
  }
  return Error(ErrorKind::Encode,
               {.message = std::move(why), .phase = Phase::Statement, .text = std::string(text.view())});
}

Task<Result<Outcome, Error>> refuse(Error why) {
  co_return why;
}

Error row_missing(const StatementText& text) {
  return Error(ErrorKind::RowMissing, {.message = "the result has no row",
                                       .phase = Phase::Statement,
                                       .sent = Sent::Yes,
                                       .text = std::string(text.view())});
}

void Collected::add(Prepared prepared) {
  if (refused) return;
  if (!prepared) {
    refused = prepared.error().with_index(statements.size());
    return;
  }
  texts.push_back(prepared->text);
  statements.push_back(*std::move(prepared));
}

}  // namespace rondeau::sql
