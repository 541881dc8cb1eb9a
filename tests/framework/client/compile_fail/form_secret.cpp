// expects: rondeau: a Secret would be sent as ***; give the form what its reveal() shows
#include <string>

#include <rondeau/client/form.h>
#include <rondeau/crypto/secret.h>
using namespace rondeau;

struct Login {
  std::string user;
  Secret<std::string> password;
};

int main() {
  static_cast<void>(client::form_text(Login{}));
}
