# make install and make deb: the program, its model, man pages and completions made from its own flags, the licence;
# an entry in the desktop's menu that opens the studio, also on an .osz.
include(GNUInstallDirs)

set(manual_dir ${CMAKE_BINARY_DIR}/manual)
set(manual_files)
# Man pages; a page whose name has a verb is that verb's.
foreach(verb "" dataset index styles convert inspect sample studio train evaluate plot)
  if(verb)
    set(page ${manual_dir}/osu-diffusion-${verb}.1.gz)
    set(of --verb ${verb})
  else()
    set(page ${manual_dir}/osu-diffusion.1.gz)
    set(of)
  endif()
  string(JOIN " " of ${of})
  add_custom_command(OUTPUT ${page} DEPENDS osu-diffusion VERBATIM
    COMMAND sh -c "mkdir -p ${manual_dir} && $<TARGET_FILE:osu-diffusion> manual ${of} | gzip -9n >${page}")
  list(APPEND manual_files ${page})
endforeach()
foreach(shell bash zsh fish)
  add_custom_command(OUTPUT ${manual_dir}/completion.${shell} DEPENDS osu-diffusion VERBATIM
    COMMAND sh -c "mkdir -p ${manual_dir} && $<TARGET_FILE:osu-diffusion> completion ${shell} >${manual_dir}/completion.${shell}")
  list(APPEND completions ${manual_dir}/completion.${shell})
endforeach()
add_custom_command(OUTPUT ${manual_dir}/changelog.gz VERBATIM
  COMMAND sh -c "mkdir -p ${manual_dir} && printf 'osu-diffusion (%s) unstable; urgency=medium\\n\\n  * Built from its source; the history stands there.\\n\\n -- osu-diffusion.cpp <osu-diffusion@localhost>  Thu, 01 Jan 2026 00:00:00 +0000\\n' ${PROJECT_VERSION} | gzip -9n >${manual_dir}/changelog.gz")
add_custom_target(manual DEPENDS ${manual_files} ${completions} ${manual_dir}/changelog.gz)

install(TARGETS osu-diffusion RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Below a folder of its own: CPack would call ldconfig for a library right below lib/osu-diffusion.
if(TARGET osu-diffusion-mpi)
  install(TARGETS osu-diffusion-mpi LIBRARY DESTINATION lib/osu-diffusion/plugins)
endif()
install(FILES ${manual_files} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${manual_dir}/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME osu-diffusion)
# zsh looks into vendor-completions below /usr alone, where packages put theirs.
install(CODE "
  if(CMAKE_INSTALL_PREFIX MATCHES \"/usr/?$\")
    set(functions vendor-completions)
  else()
    set(functions site-functions)
  endif()
  file(INSTALL DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/zsh/\${functions}\" TYPE FILE
    RENAME _osu-diffusion FILES \"${manual_dir}/completion.zsh\")")
install(FILES ${manual_dir}/completion.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME osu-diffusion.fish)
install(FILES packaging/osu-diffusion.desktop DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
install(FILES packaging/osu-diffusion.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/mime/packages)
install(FILES studio/icon.svg DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps RENAME osu-diffusion.svg)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES models/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME model.md)
install(FILES ${manual_dir}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME osu-diffusion)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "osu-diffusion.cpp <osu-diffusion@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "place the objects of osu! beatmaps anew")
set(CPACK_PACKAGE_DESCRIPTION "Takes the rhythm and the spacing of an osu! beatmap and places its objects anew\nwith a diffusion transformer, in the style of any map that it was trained on.\nA small model is in the package; it also trains others.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_DEPENDS fonts-dejavu-core)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS openmpi-bin)
include(CPack)
