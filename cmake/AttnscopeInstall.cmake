include(GNUInstallDirs)
install(TARGETS attnscope RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(ATTNSCOPE_BUILD_GUI)
  install(TARGETS attnscope-gui RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  set(desktop "${PROJECT_SOURCE_DIR}/gui/desktop")
  install(FILES "${desktop}/attnscope-gui.desktop" DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
  install(FILES "${desktop}/attnscope-gui.svg" DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
  install(FILES "${desktop}/attnscope-gui.xml" DESTINATION ${CMAKE_INSTALL_DATADIR}/mime/packages)
  install(FILES "${desktop}/attnscope-gui.metainfo.xml" DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo)
endif()
install(DIRECTORY data/ DESTINATION ${CMAKE_INSTALL_DATADIR}/attnscope)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY scripts/slurm DESTINATION ${CMAKE_INSTALL_DATADIR}/attnscope USE_SOURCE_PERMISSIONS)

# Manual pages and completion scripts come from the program itself, which a cross build cannot run.
if(NOT CMAKE_CROSSCOMPILING)
  set(manual "${PROJECT_BINARY_DIR}/manual")
  add_custom_command(
    OUTPUT "${manual}/stamp"
    COMMAND attnscope man -o "${manual}/man1" --quiet
    COMMAND attnscope completion bash > "${manual}/attnscope"
    COMMAND attnscope completion fish > "${manual}/attnscope.fish"
    COMMAND attnscope completion zsh > "${manual}/_attnscope"
    COMMAND "${CMAKE_COMMAND}" -E touch "${manual}/stamp"
    DEPENDS attnscope
    COMMENT "Writing manual pages and completion scripts")
  add_custom_target(attnscope_manual ALL DEPENDS "${manual}/stamp")
  if(ATTNSCOPE_BUILD_GUI)
    add_custom_command(
      OUTPUT "${manual}/gui_stamp"
      COMMAND attnscope-gui --completion bash > "${manual}/attnscope-gui"
      COMMAND attnscope-gui --completion fish > "${manual}/attnscope-gui.fish"
      COMMAND attnscope-gui --completion zsh > "${manual}/_attnscope-gui"
      COMMAND "${CMAKE_COMMAND}" -E touch "${manual}/gui_stamp"
      DEPENDS attnscope-gui "${manual}/stamp"
      COMMENT "Writing the viewer's completion scripts")
    add_custom_target(attnscope_gui_completion ALL DEPENDS "${manual}/gui_stamp")
    install(FILES "${manual}/attnscope-gui" DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(FILES "${manual}/attnscope-gui.fish" DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
    install(FILES "${manual}/_attnscope-gui" DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  endif()
  install(DIRECTORY "${manual}/man1" DESTINATION ${CMAKE_INSTALL_MANDIR})
  install(FILES "${manual}/attnscope" DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES "${manual}/attnscope.fish" DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  install(FILES "${manual}/_attnscope" DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()
