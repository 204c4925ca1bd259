// SPDX-License-Identifier: Apache-2.0
import js from '@eslint/js';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
    { ignores: ['dist', 'src/e2ee', 'src/test', 'tests/e2ee', 'bench'] },
    js.configs.recommended,
    ts.configs.recommended,
    hooks.configs.flat['recommended-latest'],
    { files: ['**/*.tsx'], ...a11y.flatConfigs.recommended },
    { files: ['**/*.{js,mjs}'], languageOptions: { globals: globals.node } },
    {
        rules: {
            // A person's own words decide what is long; these are our bounds for components and files.
            'max-lines': ['error', { max: 200, skipBlankLines: true, skipComments: true }],
            'no-console': 'error',
            'no-restricted-globals': [
                'error',
                { name: 'event', message: 'take it as a parameter' },
                { name: 'name', message: 'a global of the window' },
            ],
            // What stands behind '#' belongs to the key worker alone (src/e2ee).
            'no-restricted-properties': ['error', { object: 'location', property: 'hash' }],
            'no-restricted-syntax': [
                'error',
                { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'no markup from strings' },
            ],
            '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
        },
    },
);
