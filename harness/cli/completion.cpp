#include <iostream>
#include <map>

#include "harness/cli/shell.h"

namespace attnscope::harness::cli {

namespace {

// Each script asks `attnscope complete`, which knows the command line of the very program that is being typed.

constexpr const char* bash =
    R"script(# bash completion for attnscope: source it, or install it as share/bash-completion/completions/attnscope
_attnscope() {
  local line=${COMP_LINE:0:COMP_POINT} program=${COMP_WORDS[0]/#\~/$HOME} words reply current head word
  # By blanks alone: bash also parts words at = and :, which occur within those of attnscope.
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=${words[${#words[@]} - 1]}
  COMPREPLY=()
  mapfile -t reply < <("$program" complete -- "${words[@]:1}" 2>/dev/null)
  # Readline replaces only what follows the last = or : of the word.
  head=${current%"${current##*[=:]}"}
  case ${reply[0]} in
    files)
      mapfile -t COMPREPLY < <(compgen -f -- "${current#"$head"}")
      compopt -o filenames 2>/dev/null
      return ;;
    open) compopt -o nospace 2>/dev/null ;;
  esac
  for word in "${reply[@]:1}"; do
    word=${word%%$'\t'*}
    COMPREPLY+=("${word#"$head"}")
  done
}
complete -F _attnscope attnscope
)script";

constexpr const char* zsh = R"script(#compdef attnscope
# zsh completion for attnscope: install it as _attnscope in a directory of $fpath, or source it
_attnscope() {
  local -a reply texts shown space
  local line
  reply=("${(@f)$("${(Q)words[1]}" complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  case $reply[1] in
    files)
      [[ $PREFIX == --*=* ]] && compset -P '*='
      _files
      return ;;
    open) space=(-S '') ;;
  esac
  for line in "${(@)reply[2,-1]}"; do
    texts+=("${line%%$'\t'*}")
    shown+=("${line%%$'\t'*}  -- ${line#*$'\t'}")
  done
  compadd -Q "${(@)space}" -l -d shown -a texts
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _attnscope "$@"
else
  compdef _attnscope attnscope
fi
)script";

constexpr const char* fish =
    R"script(# fish completion for attnscope: install it as vendor_completions.d/attnscope.fish, or source it
function __attnscope_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l reply ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
    if test "$reply[1]" = files
        __fish_complete_path "$current"
    else if set -q reply[2]
        printf '%s\n' $reply[2..-1]
    end
end
complete -c attnscope -f -a '(__attnscope_complete)'
)script";

struct CompletionOptions {
  std::string shell;
};

ExitCode completion(const CompletionOptions& options, const Shell&) {
  static const std::map<std::string, const char*> scripts{{"bash", bash}, {"fish", fish}, {"zsh", zsh}};
  const auto script = scripts.find(options.shell);
  if (script == scripts.end())
    throw unknown_name("shell", options.shell, std::vector<std::string>{"bash", "fish", "zsh"});
  std::cout << script->second;
  return ExitCode::ok;
}

}  // namespace

void add_completion(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<CompletionOptions>();
  CLI::App* sub = add_subcommand<CompletionOptions>(
      app, shell, "completion", "the script that completes attnscope's command line in a shell", options, completion);
  sub->add_option("shell", options->shell, "bash, zsh or fish")->required()->type_name("{bash,fish,zsh}");
}

}  // namespace attnscope::harness::cli
